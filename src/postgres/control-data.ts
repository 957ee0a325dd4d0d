import { ConfigurationError, LocalCommandFailed } from '../domain/errors/repmgr-error.ts';
import { parseLsn } from '../domain/lsn.ts';
import type { SystemIdentifier } from '../domain/system-identifier.ts';
import type { TimelineId } from '../domain/timeline.ts';
import type { CommandRunner } from '../ports/command-runner.ts';
import type { ControlData, ControlState } from '../ports/local-server.ts';
import { postgresProgram } from './server/postgres-program.ts';

export interface ControlFile extends ControlData {
  readonly walBlockSizeBytes: number;
}

const states: readonly ControlState[] = [
  'starting up',
  'shut down',
  'shut down in recovery',
  'shutting down',
  'in crash recovery',
  'in archive recovery',
  'in production',
];

const timeoutMs = 10_000;
/** A running server may be rewriting the file just when it is read. */
const attempts = 3;

/**
 * What pg_controldata (manual, server applications) says of a data directory, running or not.
 * @throws LocalCommandFailed when it fails or its output can't be understood; ConfigurationError when `directory`
 * isn't a data directory.
 */
export async function readControlData(
  runner: CommandRunner,
  source: { readonly directory: string; readonly pgBindir: string },
): Promise<ControlFile> {
  for (let attempt = 1; ; attempt += 1) {
    const result = await runner.run({
      command: postgresProgram(source.pgBindir, 'pg_controldata'),
      args: [source.directory],
      env: { LC_ALL: 'C' },
      timeoutMs,
    });
    if (result.exitStatus !== 0) throw unreadable(source.directory, result.stderr);
    if (!isDamaged(result.stdout)) return parseControlData(result.stdout);
    if (attempt === attempts) {
      throw new LocalCommandFailed(`the control file of "${source.directory}" is damaged`, {
        detail: result.stdout.split('\n')[0] ?? '',
        hint: 'check the storage; restore the node from a backup or clone it anew',
        facts: { file: `${source.directory}/global/pg_control` },
      });
    }
  }
}

/** pg_controldata only warns of a wrong checksum and prints what it read. */
function isDamaged(output: string): boolean {
  return /^WARNING:.*CRC/i.test(output);
}

function unreadable(directory: string, output: string): ConfigurationError | LocalCommandFailed {
  const facts = { file: `${directory}/global/pg_control` };
  const detail = output.trim();
  if (/No such file or directory/.test(output)) {
    return new ConfigurationError(`"${directory}" is not a data directory of PostgreSQL`, {
      detail,
      hint: 'check "data_directory" in repmgr.conf',
      facts,
    });
  }
  return new LocalCommandFailed(`unable to read the control file of "${directory}"`, {
    detail,
    hint: 'run the command as the owner of the data directory; "pg_bindir" must be of the same major version',
    facts,
  });
}

/**
 * Reads the output of pg_controldata of PostgreSQL 12 to 18 in the C locale.
 * @throws LocalCommandFailed naming the line that is missing or not understood.
 */
export function parseControlData(output: string): ControlFile {
  const fields = new Map<string, string>();
  for (const line of output.split('\n')) {
    const colon = line.indexOf(':');
    if (colon > 0) fields.set(line.slice(0, colon).trim(), line.slice(colon + 1).trim());
  }
  const read = <T>(name: string, parse: (value: string) => T | undefined): T => {
    const value = fields.get(name);
    const parsed = value === undefined ? undefined : parse(value);
    if (parsed === undefined) throw notUnderstood(name, value);
    return parsed;
  };
  return {
    systemIdentifier: read('Database system identifier', digits) as SystemIdentifier,
    state: read('Database cluster state', (value) => states.find((state) => state === value)),
    checkpointLsn: read('Latest checkpoint location', parseLsn),
    checkpointRedoLsn: read("Latest checkpoint's REDO location", parseLsn),
    checkpointTimeline: read("Latest checkpoint's TimeLineID", wholeNumber) as TimelineId,
    minRecoveryEndLsn: read('Minimum recovery ending location', parseLsn),
    minRecoveryEndTimeline: read("Min recovery ending loc's timeline", wholeNumber) as TimelineId,
    dataChecksums: read('Data page checksum version', wholeNumber) !== 0,
    walLogHints: read('wal_log_hints setting', (value) => value) === 'on',
    walSegmentSizeBytes: read('Bytes per WAL segment', wholeNumber),
    walBlockSizeBytes: read('WAL block size', wholeNumber),
  };
}

function digits(value: string): string | undefined {
  return /^\d+$/.test(value) ? value : undefined;
}

function wholeNumber(value: string): number | undefined {
  return /^\d+$/.test(value) ? Number(value) : undefined;
}

function notUnderstood(name: string, value: string | undefined): LocalCommandFailed {
  const what = value === undefined ? 'is missing' : `is "${value}"`;
  return new LocalCommandFailed(`the output of pg_controldata is not understood: "${name}" ${what}`, {
    hint: 'PostgreSQL 12 to 18 are supported; check that "pg_bindir" in repmgr.conf fits the server',
  });
}
