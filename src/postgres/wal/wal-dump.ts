import { formatLsn, type Lsn, parseLsn } from '../../domain/lsn.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import type { CommandRunner } from '../../ports/command-runner.ts';
import { postgresProgram } from '../server/postgres-program.ts';

export interface WalRecord {
  readonly start: Lsn;
  readonly totalBytes: number;
  readonly isSwitch: boolean;
}

export interface WalDumpSource {
  readonly walDirectory: string;
  readonly pgBindir: string;
  readonly majorVersion: number;
}

/** A stretch of one timeline; both ends must lie in files that exist, else pg_waldump waits for them for 5 s. */
export interface WalRange {
  readonly timeline: TimelineId;
  readonly start: Lsn;
  readonly end: Lsn;
}

export type WalkResult =
  /** The walk ended at an invalid record; this is the start of the last valid one. */
  | { readonly kind: 'brokeOff'; readonly lastRecord: Lsn }
  /** Everything up to the end of the range is valid. */
  | { readonly kind: 'reachedEnd' }
  | { readonly kind: 'unreadable' };

const timeoutMs = 60_000;

/** Reads WAL files with pg_waldump (manual, server applications), which needs no running server. */
export function createWalDump(runner: CommandRunner, source: WalDumpSource) {
  const run = (range: WalRange, args: readonly string[], onStdoutLine?: (line: string) => void) =>
    runner.run({
      command: postgresProgram(source.pgBindir, 'pg_waldump'),
      args: [
        `--path=${source.walDirectory}`,
        `--timeline=${range.timeline}`,
        `--start=${formatLsn(range.start)}`,
        `--end=${formatLsn(range.end)}`,
        ...args,
      ],
      env: { LC_ALL: 'C' },
      timeoutMs,
      ...(onStdoutLine === undefined ? {} : { onStdoutLine }),
    });
  return {
    /** Checks all records of the range without printing them. */
    async walk(range: WalRange): Promise<WalkResult> {
      // --quiet came with 13; before, statistics are the shortest output.
      const result = await run(range, [source.majorVersion >= 13 ? '--quiet' : '--stats']);
      const lastRecord = parseLsn(
        /error in WAL record at ([0-9A-F]+\/[0-9A-F]+)/.exec(result.stderr)?.[1] ?? '',
      );
      if (lastRecord !== undefined) return { kind: 'brokeOff', lastRecord };
      return { kind: result.exitStatus === 0 ? 'reachedEnd' : 'unreadable' };
    },
    async recordAt(range: WalRange): Promise<WalRecord | undefined> {
      const result = await run(range, ['--limit=1']);
      return parseWalRecord(result.stdout.split('\n')[0] ?? '');
    },
    /** The last record that begins in the range, which must be valid. */
    async lastRecordIn(range: WalRange): Promise<WalRecord | undefined> {
      let last: string | undefined;
      await run(range, [], (line) => {
        if (line.startsWith('rmgr: ')) last = line;
      });
      return last === undefined ? undefined : parseWalRecord(last);
    },
  };
}

export type WalDump = ReturnType<typeof createWalDump>;

/** `rmgr: XLOG  len (rec/tot):  24/  24, tx:  0, lsn: 0/01000110, prev 0/010000A0, desc: SWITCH` */
export function parseWalRecord(line: string): WalRecord | undefined {
  const match =
    /^rmgr: (\S+)\s+len \(rec\/tot\):\s*\d+\/\s*(\d+),.*? lsn: ([0-9A-F]+\/[0-9A-F]+),.*? desc: (\S*)/.exec(
      line,
    );
  const start = parseLsn(match?.[3] ?? '');
  if (match === null || start === undefined) return undefined;
  return { start, totalBytes: Number(match[2]), isSwitch: match[1] === 'XLOG' && match[4] === 'SWITCH' };
}
