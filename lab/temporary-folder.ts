import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { ConfigurationError } from '../src/domain/errors/repmgr-error.ts';
import { processesWithin, signalProcess } from './processes-within.ts';
import { unprivilegedUser } from './unprivileged-user.ts';
import { waitFor } from './wait-for.ts';

/** Shell script that removes a folder and everything running in it once its standard input ends. */
export const orphanRemover = fileURLToPath(new URL('./remove-when-orphaned.sh', import.meta.url));

/** A folder owned by the unprivileged user, and everything that was started inside it. */
export interface TemporaryFolder {
  readonly path: string;
  /** Kills every process that belongs to the folder, then removes it. */
  remove(): Promise<void>;
  /** Leaves folder and processes to the user. */
  keep(): void;
  /** A network namespace, link or mounted volume that must go with the folder, also when this process is killed. */
  owns(kind: 'netns' | 'link' | 'mount', name: string): void;
}

/**
 * Creates a folder below `REPMGR_LAB_TMP` or the system's temporary directory. If this process ends in
 * whatever way, also by SIGKILL, a small watcher process kills what runs in the folder and removes it.
 */
export function createTemporaryFolder(prefix = 'repmgr-lab-'): TemporaryFolder {
  const parent = chooseParent();
  const path = mkdtempSync(join(parent, prefix));
  const user = unprivilegedUser();
  chmodSync(path, 0o755);
  if (user.mustSwitch) chownSync(path, user.uid, user.gid);
  const watcher = watch(path);
  const mounts: string[] = [];
  return {
    path,
    remove: async () => {
      await killEverything(path);
      for (const mount of mounts) execFileSync('umount', [mount]);
      rmSync(path, { recursive: true, force: true });
      watcher.end('done\n');
    },
    keep: () => {
      watcher.end('done\n');
    },
    owns: (kind, name) => {
      if (kind === 'mount') mounts.push(name);
      watcher.write(`${kind} ${name}\n`);
    },
  };
}

/** The first folder that the unprivileged user can enter; root's own TMPDIR often isn't one. */
function chooseParent(): string {
  const wanted = process.env['REPMGR_LAB_TMP'];
  if (wanted !== undefined) mkdirSync(wanted, { recursive: true });
  const candidates = wanted === undefined ? [tmpdir(), '/tmp', '/var/tmp'] : [wanted];
  const found = candidates.find(isOpenToUser);
  if (found !== undefined) return found;
  throw new ConfigurationError(
    `user "${unprivilegedUser().name}" can't enter the temporary folder ${candidates.join(' or ')}`,
    { hint: 'Set REPMGR_LAB_TMP to a folder that everybody can enter.' },
  );
}

function isOpenToUser(folder: string): boolean {
  const { mustSwitch, uid, gid } = unprivilegedUser();
  const options = { cwd: '/', stdio: 'ignore', ...(mustSwitch ? { uid, gid } : {}) } as const;
  return spawnSync('test', ['-x', folder], options).status === 0;
}

/** The watcher lives in its own session and sees the end of this process as the end of its input. */
function watch(path: string): Writable {
  const child = spawn('sh', [orphanRemover, path], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  child.unref();
  // A pipe to a watcher that is gone already (killed by hand) is of no consequence.
  child.stdin.on('error', () => undefined);
  (child.stdin as unknown as { unref(): void }).unref();
  return child.stdin;
}

async function killEverything(path: string): Promise<void> {
  await waitFor(
    () => {
      const pids = processesWithin(path);
      for (const pid of pids) signalProcess(pid, 'SIGKILL');
      return pids.length === 0;
    },
    { what: `the processes in ${path} to end`, timeoutMs: 10_000 },
  );
}
