import { describe, expect, it } from 'vitest';
import { ConfigurationError, LocalCommandFailed } from '../../../src/domain/errors/repmgr-error.ts';
import { parseLsn } from '../../../src/domain/lsn.ts';
import { parseControlData, readControlData } from '../../../src/postgres/control-data.ts';
import { FakeRunner } from '../../fakes/fake-host.ts';
import { controlDataOutput } from './control-data-output.ts';

describe('the output of pg_controldata', () => {
  it.each([12, 13, 14, 15, 16, 17, 18])('of PostgreSQL %i is understood', (majorVersion) => {
    expect(parseControlData(controlDataOutput({ majorVersion }))).toEqual({
      systemIdentifier: '7711136957126846229',
      state: 'in archive recovery',
      checkpointLsn: parseLsn('0/1500718'),
      checkpointRedoLsn: parseLsn('0/15006E0'),
      checkpointTimeline: 3,
      minRecoveryEndLsn: parseLsn('A/1500790'),
      minRecoveryEndTimeline: 4,
      dataChecksums: majorVersion >= 18,
      walLogHints: true,
      walSegmentSizeBytes: 16_777_216,
      walBlockSizeBytes: 8_192,
    });
  });

  it.each([
    'starting up',
    'shut down',
    'shut down in recovery',
    'shutting down',
    'in crash recovery',
    'in production',
  ])('tells the state "%s"', (state) => {
    expect(parseControlData(controlDataOutput({ state })).state).toBe(state);
  });

  it('is refused when something is missing or unknown', () => {
    expect(() => parseControlData(controlDataOutput({ state: 'unrecognized status code' }))).toThrow(
      /"Database cluster state" is "unrecognized/,
    );
    expect(() => parseControlData('')).toThrow(/"Database system identifier" is missing/);
    const other = controlDataOutput().replace('0/1500718', '0-1500718');
    expect(() => parseControlData(other)).toThrow(LocalCommandFailed);
  });
});

describe('reading control data', () => {
  const source = { directory: '/data', pgBindir: '/opt/pg/bin/' };
  const warning = 'WARNING: Calculated CRC checksum does not match value stored in file.\n';

  it('runs pg_controldata of pg_bindir in the C locale', async () => {
    const runner = new FakeRunner();
    runner.resultOf = (spec) => {
      expect(spec.env).toEqual({ LC_ALL: 'C' });
      return { stdout: controlDataOutput() };
    };
    await readControlData(runner, source);
    expect(runner.commands).toEqual(['/opt/pg/bin/pg_controldata /data']);
  });

  it('looks again when the file was just being written, but not for ever', async () => {
    const runner = new FakeRunner();
    runner.resultOf = () => ({
      stdout: `${runner.commands.length < 2 ? warning : ''}${controlDataOutput()}`,
    });
    expect(await readControlData(runner, source)).toMatchObject({ checkpointTimeline: 3 });
    runner.resultOf = () => ({ stdout: `${warning}${controlDataOutput()}` });
    await expect(readControlData(runner, source)).rejects.toThrow(/damaged/);
    expect(runner.commands).toHaveLength(5);
  });

  it('tells a wrong directory from other failures', async () => {
    const runner = new FakeRunner();
    const stderr = 'pg_controldata: error: could not open file "x" for reading: No such file or directory\n';
    runner.resultOf = () => ({ exitStatus: 1, stderr });
    await expect(readControlData(runner, source)).rejects.toBeInstanceOf(ConfigurationError);
    runner.resultOf = () => ({ exitStatus: 1, stderr: 'Permission denied' });
    await expect(readControlData(runner, source)).rejects.toMatchObject({ detail: 'Permission denied' });
  });
});
