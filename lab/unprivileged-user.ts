import { execFileSync } from 'node:child_process';
import { ConfigurationError } from '../src/domain/errors/repmgr-error.ts';

/** The account under which PostgreSQL and the daemons of the lab run. */
export interface UnprivilegedUser {
  readonly name: string;
  readonly uid: number;
  readonly gid: number;
  /** True when this process is root and has to step down for each program. */
  readonly mustSwitch: boolean;
}

let chosen: UnprivilegedUser | undefined;

/**
 * Who runs PostgreSQL, which refuses root: `postgres` or else `nobody` when this process is root, otherwise
 * the present user.
 */
export function unprivilegedUser(): UnprivilegedUser {
  chosen ??= choose();
  return chosen;
}

function choose(): UnprivilegedUser {
  const uid = process.getuid?.() ?? -1;
  if (uid !== 0) {
    const name = execFileSync('id', ['-un'], { encoding: 'utf8' }).trim();
    return { name, uid, gid: process.getgid?.() ?? -1, mustSwitch: false };
  }
  for (const name of ['postgres', 'nobody']) {
    const entry = passwdEntry(name);
    if (entry !== undefined) return { ...entry, mustSwitch: true };
  }
  throw new ConfigurationError(
    'PostgreSQL refuses to run as root, and neither "postgres" nor "nobody" exists',
    {
      hint: 'Run this as an ordinary user.',
    },
  );
}

function passwdEntry(name: string): { name: string; uid: number; gid: number } | undefined {
  let line: string;
  try {
    line = execFileSync('getent', ['passwd', name], { encoding: 'utf8' });
  } catch (error) {
    // getent(1): status 2 = no such key.
    if ((error as { status?: number }).status === 2) return undefined;
    throw error;
  }
  const [, , uid, gid] = line.trim().split(':');
  return { name, uid: Number(uid), gid: Number(gid) };
}
