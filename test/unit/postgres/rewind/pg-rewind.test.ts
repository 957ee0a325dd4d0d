import { beforeEach, describe, expect, it } from 'vitest';
import type { CommandSpec } from '../../../../src/ports/command-runner.ts';
import type { RewindRequest } from '../../../../src/ports/rewind.ts';
import { createRewind, parseRewindProgress } from '../../../../src/postgres/rewind/pg-rewind.ts';
import { FakeRunner } from '../../../fakes/fake-host.ts';

let runner: FakeRunner;
let controller: AbortController;

beforeEach(() => {
  runner = new FakeRunner();
  controller = new AbortController();
});

const copying = 'pg_rewind: need to copy 58 MB (total source directory size is 70 MB)';

function rewind(changes: Partial<RewindRequest> = {}) {
  return createRewind(runner).rewind({
    program: 'pg_rewind',
    dataDirectory: '/data',
    sourceConninfo: 'host=node2 user=repmgr',
    restoreTargetWal: false,
    signal: controller.signal,
    ...changes,
  });
}

describe('rewind', () => {
  it('names directory and source', async () => {
    await rewind();
    await rewind({ restoreTargetWal: true, program: '/opt/pg_rewind' });
    expect(runner.commands).toEqual([
      'pg_rewind -D /data --source-server=user=repmgr host=node2 --progress',
      '/opt/pg_rewind -D /data --source-server=user=repmgr host=node2 --progress --restore-target-wal',
    ]);
  });

  it('hands a password over in the environment only', async () => {
    let env: CommandSpec['env'];
    runner.resultOf = (spec) => {
      env = spec.env;
      return {};
    };
    await rewind({ sourceConninfo: "host=node2 password='se cret'" });
    expect(env).toMatchObject({ PGPASSWORD: 'se cret' });
    expect(runner.commands.join()).not.toContain('cret');
  });

  it('says whether there was anything to do', async () => {
    runner.resultOf = () => ({
      stderr: 'pg_rewind: servers diverged at WAL location 0/5\npg_rewind: Done!\n',
    });
    expect(await rewind()).toMatchObject({ kind: 'completed', wasNeeded: true });
    runner.resultOf = () => ({ stderr: 'pg_rewind: no rewind required\n' });
    expect(await rewind()).toMatchObject({ kind: 'completed', wasNeeded: false });
  });

  it('tells how far it is', async () => {
    const seen: unknown[] = [];
    runner.resultOf = (spec) => {
      spec.onStderrLine?.(copying);
      spec.onStderrLine?.(' 1024/40960 kB (2%) copied');
      return {};
    };
    await rewind({ onProgress: (progress) => void seen.push(progress) });
    expect(seen).toEqual([{ copiedBytes: 1_048_576, totalBytes: 41_943_040 }]);
  });
});

describe('a failed rewind', () => {
  it('changed nothing before it announced to copy', async () => {
    runner.resultOf = () => ({ exitStatus: 1, stderr: 'pg_rewind: error: could not find common ancestor\n' });
    expect(await rewind()).toEqual({
      kind: 'failed',
      mayHaveChangedFiles: false,
      output: 'pg_rewind: error: could not find common ancestor',
    });
  });

  it('may have changed files after that', async () => {
    runner.resultOf = (spec) => {
      spec.onStderrLine?.(copying);
      return { exitStatus: 1, stderr: `${copying}\n 1/2 kB (50%) copied\rpg_rewind: error: lost\n` };
    };
    expect(await rewind()).toEqual({
      kind: 'failed',
      mayHaveChangedFiles: true,
      output: `${copying}\npg_rewind: error: lost`,
    });
  });

  it('may have changed files when it was killed, as its output may not have been read', async () => {
    runner.resultOf = () => ({ exitStatus: null, signalName: 'SIGKILL' });
    expect(await rewind()).toMatchObject({ kind: 'failed', mayHaveChangedFiles: true });
  });
});

describe('cancelling a rewind', () => {
  const stoppedBy = (spec: CommandSpec): boolean => spec.signal?.aborted === true;

  it('stops it before it copies', async () => {
    runner.resultOf = (spec) => {
      controller.abort();
      return stoppedBy(spec) ? { exitStatus: null, signalName: 'SIGTERM', cancelled: true } : {};
    };
    expect(await rewind()).toMatchObject({ kind: 'failed', mayHaveChangedFiles: false });
  });

  it('lets it finish once it copies', async () => {
    runner.resultOf = (spec) => {
      spec.onStderrLine?.(copying);
      controller.abort();
      return stoppedBy(spec) ? { exitStatus: null, cancelled: true } : {};
    };
    expect(await rewind()).toMatchObject({ kind: 'completed' });
  });

  it('does not even start it when it is cancelled already', async () => {
    controller.abort();
    runner.resultOf = (spec) => (stoppedBy(spec) ? { exitStatus: null, cancelled: true } : {});
    expect(await rewind()).toMatchObject({ kind: 'failed', mayHaveChangedFiles: false });
  });
});

describe('parseRewindProgress', () => {
  it('passes over other lines', () => {
    expect(parseRewindProgress(copying)).toBeUndefined();
    expect(parseRewindProgress('40960/40960 kB (100%) copied')).toEqual({
      copiedBytes: 41_943_040,
      totalBytes: 41_943_040,
    });
  });
});
