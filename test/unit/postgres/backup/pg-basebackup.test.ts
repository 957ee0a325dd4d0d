import { beforeEach, describe, expect, it } from 'vitest';
import type { BackupProgress } from '../../../../src/ports/backup-source.ts';
import type { CommandSpec } from '../../../../src/ports/command-runner.ts';
import { createBackupSource, parseProgress } from '../../../../src/postgres/backup/pg-basebackup.ts';
import { FakeRunner } from '../../../fakes/fake-host.ts';

let runner: FakeRunner;
let specs: CommandSpec[];
const signal = new AbortController().signal;

beforeEach(() => {
  runner = new FakeRunner();
  specs = [];
  runner.resultOf = (spec) => {
    specs.push(spec);
    return {};
  };
});

describe('parseProgress', () => {
  it.each([
    ['     0/23456 kB (0%), 0/1 tablespace', { copiedBytes: 0, totalBytes: 24_018_944 }],
    ['23456/23456 kB (100%), 1/1 tablespace', { copiedBytes: 24_018_944, totalBytes: 24_018_944 }],
    [
      ' 1024/4096 kB (25%), 0/2 tablespaces (/data/base/1/1259)',
      { copiedBytes: 1_048_576, totalBytes: 4_194_304 },
    ],
    ['    10/0 kB (100%), 0/1 tablespace', { copiedBytes: 10_240, totalBytes: null }],
  ])('reads %j', (line, progress) => {
    expect(parseProgress(line)).toEqual(progress);
  });

  it.each(['', 'pg_basebackup: error: no', 'waiting for checkpoint'])('passes over %j', (line) => {
    expect(parseProgress(line)).toBeUndefined();
  });
});

describe('basebackup', () => {
  it('runs the program of the given folder, or the one in PATH', async () => {
    const source = createBackupSource(runner);
    await source.basebackup({ binDirectory: '/opt/pg/', args: ['-D', '/x'], signal });
    await source.basebackup({ binDirectory: '', args: [], signal });
    expect(runner.commands).toEqual(['/opt/pg/pg_basebackup --progress -D /x', 'pg_basebackup --progress']);
  });

  it('hands a password over in the environment only', async () => {
    const source = createBackupSource(runner);
    await source.basebackup({ binDirectory: '', args: [], password: 'secret', signal });
    expect(specs[0]?.env).toMatchObject({ PGPASSWORD: 'secret' });
    expect(runner.commands.join()).not.toContain('secret');
  });

  it('tells how far it is', async () => {
    const seen: BackupProgress[] = [];
    runner.resultOf = (spec) => {
      spec.onStderrLine?.('pg_basebackup: checkpoint completed');
      spec.onStderrLine?.('  1/2 kB (50%), 0/1 tablespace');
      return {};
    };
    const onProgress = (progress: BackupProgress) => void seen.push(progress);
    await createBackupSource(runner).basebackup({ binDirectory: '', args: [], signal, onProgress });
    expect(seen).toEqual([{ copiedBytes: 1_024, totalBytes: 2_048 }]);
  });

  it('gives status and last words of a failure, without progress', async () => {
    runner.resultOf = () => ({
      exitStatus: 1,
      stderr: '  1/2 kB (50%), 0/1 tablespace\rpg_basebackup: error: No space left on device\n',
    });
    expect(await createBackupSource(runner).basebackup({ binDirectory: '', args: [], signal })).toEqual({
      kind: 'failed',
      exitStatus: 1,
      signalName: null,
      output: 'pg_basebackup: error: No space left on device',
    });
  });

  it('knows a cancelled run from a failed one', async () => {
    runner.resultOf = () => ({ exitStatus: null, signalName: 'SIGTERM', cancelled: true });
    expect(await createBackupSource(runner).basebackup({ binDirectory: '', args: [], signal })).toEqual({
      kind: 'cancelled',
    });
  });
});

describe('verify', () => {
  it('runs pg_verifybackup on the directory', async () => {
    const outcome = await createBackupSource(runner).verify({
      binDirectory: '/b',
      directory: '/x y',
      signal,
    });
    expect(outcome.kind).toBe('completed');
    expect(specs[0]).toMatchObject({ command: '/b/pg_verifybackup', args: ['/x y'] });
  });
});
