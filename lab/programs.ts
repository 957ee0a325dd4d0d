import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalCommandFailed } from '../src/domain/errors/repmgr-error.ts';
import { unprivilegedUser } from './unprivileged-user.ts';

const root = fileURLToPath(new URL('..', import.meta.url));

/** Builds `dist` unless it is newer than every source file. */
export function ensureBuilt(): void {
  const built = join(root, 'dist', 'bin', 'repmgr');
  if (existsSync(built) && statSync(built).mtimeMs >= newestSourceMs()) return;
  const tsx = join(root, 'node_modules', '.bin', 'tsx');
  const result = spawnSync(tsx, ['scripts/build.ts'], { cwd: root, encoding: 'utf8' });
  if (result.status !== 0) {
    throw new LocalCommandFailed(`the build failed:\n${result.stdout}${result.stderr}`);
  }
}

/**
 * Puts `repmgr` and `repmgrd` into `<folder>/bin` as small scripts that the unprivileged user can run. The
 * built files, and Node itself, are copied if they lie where that user can't read (under /root, say).
 */
export function installPrograms(folder: string): string {
  ensureBuilt();
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  const node = readable(
    process.execPath,
    (copy) => copyFileSync(process.execPath, copy),
    join(folder, 'node'),
  );
  const dist = join(root, 'dist');
  const programs = readable(
    join(dist, 'bin', 'repmgr'),
    (copy) => cpSync(dist, dirname(dirname(copy)), { recursive: true }),
    join(folder, 'dist', 'bin', 'repmgr'),
  );
  for (const name of ['repmgr', 'repmgrd']) {
    const script = join(bin, name);
    writeFileSync(script, `#!/bin/sh\nexec '${node}' '${join(dirname(programs), name)}' "$@"\n`);
    chmodSync(script, 0o755);
  }
  return bin;
}

function readable(path: string, makeCopy: (copy: string) => void, copy: string): string {
  const user = unprivilegedUser();
  if (!user.mustSwitch) return path;
  const options = { uid: user.uid, gid: user.gid, cwd: '/', stdio: 'ignore' } as const;
  if (spawnSync('test', ['-r', path], options).status === 0) return path;
  makeCopy(copy);
  execFileSync('chmod', ['-R', 'a+rX', copy]);
  return copy;
}

function newestSourceMs(): number {
  const files = readdirSync(join(root, 'src'), { recursive: true, encoding: 'utf8' });
  const sources = [...files.map((file) => join('src', file)), 'scripts/build.ts', 'package.json'];
  return Math.max(...sources.map((file) => statSync(join(root, file)).mtimeMs));
}
