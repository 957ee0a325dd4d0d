import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

export type Parsed = { error: string } | { values: [string, string][] };

export interface LibpqQuestion {
  readonly parse?: readonly string[];
  readonly logins?: readonly string[];
  readonly environments?: readonly Readonly<Record<string, string>>[];
}

export interface LibpqReport {
  version: number;
  /** Name, environment variable and compiled-in value. */
  keywords: [string, string | null, string | null][];
  parsed: Parsed[];
  passwords: (string | null)[];
  defaults: [string, string][][];
}

/** Has the installed libpq answer, through Python's ctypes. */
export function askLibpq(question: LibpqQuestion): LibpqReport {
  const driver = join(import.meta.dirname, 'libpq-conninfo.py');
  const answer = spawnSync('python3', [driver], {
    input: JSON.stringify(question),
    encoding: 'utf8',
    maxBuffer: 256 * 1024 * 1024,
    env: Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('PG'))),
  });
  if (answer.error !== undefined) {
    throw new Error('this test needs python3 (Debian package python3)', { cause: answer.error });
  }
  if (answer.status !== 0) {
    throw new Error(`this test needs libpq.so.5 (Debian package libpq5): ${answer.stderr}`);
  }
  return JSON.parse(answer.stdout) as LibpqReport;
}
