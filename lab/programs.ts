import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalCommandFailed } from '../src/domain/errors/repmgr-error.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Names a folder to take the built files from, instead of `dist` after a build if need be. */
const builtFolderVariable = 'REPMGR_LAB_DIST';

/** Builds once for a whole test run, so that what is tested doesn't change in the middle. Returns how to undo. */
export function freezePrograms(): () => void {
  ensureBuilt();
  const frozen = mkdtempSync(join(tmpdir(), 'repmgr-lab-dist-'));
  cpSync(join(root, 'dist'), frozen, { recursive: true });
  process.env[builtFolderVariable] = frozen;
  return () => rmSync(frozen, { recursive: true, force: true });
}

/** Builds `dist` unless it is newer than every source file. */
function ensureBuilt(): void {
  const built = join(root, 'dist', 'bin', 'repmgr');
  if (existsSync(built) && statSync(built).mtimeMs >= newestSourceMs()) return;
  const tsx = join(root, 'node_modules', '.bin', 'tsx');
  const result = spawnSync(tsx, ['scripts/build.ts'], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) {
    throw new LocalCommandFailed(`the build failed:\n${result.stdout}${result.stderr}`);
  }
}

/**
 * Puts `repmgr` and `repmgrd` into `<folder>/bin` as small scripts that the unprivileged user can run. They
 * run a copy of the built files, so a cluster that goes on running doesn't change with the next build.
 */
export function installPrograms(folder: string): string {
  const built = process.env[builtFolderVariable];
  if (built === undefined) ensureBuilt();
  const bin = join(folder, 'bin');
  const dist = join(folder, 'dist');
  mkdirSync(bin, { recursive: true });
  cpSync(built ?? join(root, 'dist'), dist, { recursive: true });
  execFileSync('chmod', ['-R', 'a+rX', dist]);
  const node = nodeForUser(folder);
  for (const name of ['repmgr', 'repmgrd']) {
    const script = join(bin, name);
    writeFileSync(script, `#!/bin/sh\nexec '${node}' '${join(dist, 'bin', name)}' "$@"\n`);
    chmodSync(script, 0o755);
  }
  return bin;
}

/** Node itself, or a copy of it if it lies where the unprivileged user can't go (under /root, say). */
function nodeForUser(folder: string): string {
  const { mustSwitch, uid, gid } = unprivilegedUser();
  const options = { cwd: '/', stdio: 'ignore', ...(mustSwitch ? { uid, gid } : {}) } as const;
  if (spawnSync('test', ['-x', process.execPath], options).status === 0) return process.execPath;
  const copy = join(folder, 'node');
  copyFileSync(process.execPath, copy);
  chmodSync(copy, 0o755);
  return copy;
}

function newestSourceMs(): number {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = [
    ...files.map((file) => join('src', file)),
    'scripts/build.ts',
    'scripts/build-program.ts',
    'package.json',
  ];
  return Math.max(...sources.map((file) => statSync(join(root, file)).mtimeMs));
}
