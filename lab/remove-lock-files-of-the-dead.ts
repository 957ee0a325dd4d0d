import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isAlive } from './processes-within.ts';

/**
 * Removes postmaster.pid and the socket's lock file if the postmaster named there is dead. PostgreSQL does
 * this by itself, except while the dead process is a zombie that init hasn't collected yet: it asks by
 * kill(pid, 0), which a zombie answers, and refuses to start. In containers that can last for ever.
 */
export function removeLockFilesOfTheDead(dataDirectory: string): void {
  const pidFile = join(dataDirectory, 'postmaster.pid');
  if (!existsSync(pidFile)) return;
  // Manual 73.1, postmaster.pid: pid, data directory, start time, port, socket directory …
  const [pid, , , port, socketDirectory] = readFileSync(pidFile, 'utf8').split('\n');
  if (isAlive(Number(pid))) return;
  if (socketDirectory !== undefined && socketDirectory !== '') {
    rmSync(join(socketDirectory, `.s.PGSQL.${port}.lock`), { force: true });
  }
  rmSync(pidFile);
}
