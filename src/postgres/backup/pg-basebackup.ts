import type { BackupOutcome, BackupProgress, BackupSource } from '../../ports/backup-source.ts';
import type { CommandResult, CommandRunner } from '../../ports/command-runner.ts';

/** A copy takes as long as it takes; the runner wants a limit, this one is its longest. */
const longestRunMs = 2_000_000_000;

/** pg_basebackup and pg_verifybackup as a {@link BackupSource}. */
export function createBackupSource(runner: CommandRunner): BackupSource {
  return {
    async basebackup({ binDirectory, args, password, signal, onProgress }) {
      const result = await runner.run({
        command: programIn(binDirectory, 'pg_basebackup'),
        args: ['--progress', ...args],
        env: { LC_ALL: 'C', ...(password === undefined ? {} : { PGPASSWORD: password }) },
        timeoutMs: longestRunMs,
        signal,
        onStderrLine: (line) => {
          const progress = parseProgress(line);
          if (progress !== undefined) onProgress?.(progress);
        },
      });
      return outcomeOf(result);
    },
    async verify({ binDirectory, directory, signal }) {
      const result = await runner.run({
        command: programIn(binDirectory, 'pg_verifybackup'),
        args: [directory],
        env: { LC_ALL: 'C' },
        timeoutMs: longestRunMs,
        signal,
      });
      return outcomeOf(result);
    },
  };
}

function programIn(binDirectory: string, program: string): string {
  return binDirectory === '' ? program : `${binDirectory.replace(/\/+$/, '')}/${program}`;
}

/** `  23456/67890 kB (34%), 0/1 tablespace (…)`; undefined for any other line. */
export function parseProgress(line: string): BackupProgress | undefined {
  const match = /^\s*(\d+)\/(\d+) kB \(\d+%\)/.exec(line);
  if (match === null) return undefined;
  const totalBytes = Number(match[2]) * 1_024;
  return { copiedBytes: Number(match[1]) * 1_024, totalBytes: totalBytes === 0 ? null : totalBytes };
}

function outcomeOf(result: CommandResult): BackupOutcome {
  if (result.cancelled) return { kind: 'cancelled' };
  if (result.exitStatus === 0) return { kind: 'completed', durationMs: result.durationMs };
  const lines = `${result.stdout}\n${result.stderr}`.split(/[\r\n]+/);
  const output = lines.filter((line) => line.trim() !== '' && parseProgress(line) === undefined);
  const { exitStatus, signalName } = result;
  return { kind: 'failed', exitStatus, signalName, output: output.slice(-8).join('\n') };
}
