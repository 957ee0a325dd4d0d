import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LocalCommandFailed } from '../../../src/domain/errors/repmgr-error.ts';
import { type Lsn, parseLsn } from '../../../src/domain/lsn.ts';
import type { TimelineId } from '../../../src/domain/timeline.ts';
import { createFileSystem } from '../../../src/host/files/file-system.ts';
import { keepDivergedWal } from '../../../src/operations/keep-diverged-wal.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import type { CommandSpec } from '../../../src/ports/command-runner.ts';
import type { ControlData, LocalServer } from '../../../src/ports/local-server.ts';
import { nodeRecord } from '../../fakes/fake-cluster.ts';
import { FakeClock, FakeRunner } from '../../fakes/fake-host.ts';
import { type FakeOperationContext, operationContext } from '../../fakes/operation-context.ts';
import { partialPort } from '../../fakes/partial-port.ts';

const at = (text: string): Lsn => parseLsn(text) as Lsn;
const files = createFileSystem({ find: async () => undefined });
let folder: string;
let runner: FakeRunner;
let freeBytes: number;
let context: FakeOperationContext;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'keep-diverged-'));
  mkdirSync(join(folder, 'data', 'pg_wal'), { recursive: true });
  for (const name of ['000000010000000000000004', '000000010000000000000005', '000000010000000000000006']) {
    writeFileSync(join(folder, 'data', 'pg_wal', name), name);
  }
  runner = new FakeRunner();
  freeBytes = 10 ** 9;
  const adapters = partialPort<Adapters>('Adapters', {
    clock: new FakeClock(),
    runner,
    files: { ...files, freeBytes: async () => freeBytes },
  });
  const day = 86_400_000;
  const settings = { data_directory: join(folder, 'data'), diverged_retention: 14 * day };
  context = operationContext(adapters, settings);
});

afterEach(() => rmSync(folder, { recursive: true }));

const keep = (end: string | null = '0/5002000') =>
  keepDivergedWal(context, {
    local: {
      timeline: 1 as TimelineId,
      history: [],
      lsn: end === null ? null : at(end),
      systemIdentifier: null,
      majorVersion: 15,
      isCleanlyShutDown: true,
      isHalfRewound: false,
      dataChecksums: true,
      walLogHints: false,
    },
    fork: { timeline: 1 as TimelineId, lsn: at('0/5001000') },
    localServer: partialPort<LocalServer>('LocalServer', {
      dataDirectory: join(folder, 'data'),
      controlData: async () =>
        partialPort<ControlData>('ControlData', { walSegmentSizeBytes: 16 * 1024 * 1024 }),
    }),
    primary: nodeRecord(2, { type: 'primary' }),
  });

const diverged = (...names: string[]): string => join(folder, 'data.repmgr', 'diverged', ...names);
const stamp = '20261122T215310Z';

describe('keepDivergedWal', () => {
  it('copies the segments past the fork and writes a summary', async () => {
    runner.resultOf = (spec: CommandSpec) => {
      spec.onStdoutLine?.(
        'rmgr: Transaction len (rec/tot):     34/    34, tx:        739, lsn: 0/05001B60, prev 0/05001B20, desc: COMMIT 2026-11-22 23:02:20.275026 UTC',
      );
      return {};
    };
    expect(await keep()).toEqual({ bytes: 0x1000n, commits: 1, directory: diverged(stamp) });
    expect(readdirSync(diverged(stamp))).toEqual(['000000010000000000000005', 'summary.txt']);
    expect(readFileSync(diverged(stamp, 'summary.txt'), 'utf8')).toContain(
      '  739  2026-11-22 23:02:20.275026 UTC',
    );
    expect(runner.commands).toEqual([
      `pg_waldump --path=${diverged(stamp)} --timeline=1 --start=0/5001000 --end=0/5002000`,
    ]);
  });

  it('does nothing when nothing has diverged', async () => {
    expect(await keep('0/5001000')).toBeUndefined();
    expect(existsSync(join(folder, 'data.repmgr'))).toBe(false);
  });

  it('keeps all later segments when the end is unknown', async () => {
    expect(await keep(null)).toMatchObject({ bytes: null });
    expect(readdirSync(diverged(stamp))).toHaveLength(3);
  });

  it('writes the summary also without room for the files, and warns', async () => {
    freeBytes = 1_000;
    await keep();
    expect(readdirSync(diverged(stamp))).toEqual(['summary.txt']);
    expect(runner.commands[0]).toContain(`--path=${folder}/data/pg_wal`);
    expect(context.messages()).toContainEqual(expect.stringMatching(/^warning: there is no room/));
  });

  it('does not fail because pg_waldump does', async () => {
    runner.resultOf = () => ({ exitStatus: 1, stderr: 'error: could not find file\n' });
    expect(await keep()).toMatchObject({ commits: 0 });
    expect(context.records).toContainEqual(
      expect.objectContaining({ level: 'warning', detail: 'error: could not find file' }),
    );
    runner.resultOf = () => {
      throw new LocalCommandFailed('pg_waldump not found');
    };
    expect(await keep()).toMatchObject({ commits: 0 });
  });

  it('forgets what is older than diverged_retention, and nothing else', async () => {
    for (const name of ['20261101T000000Z', '20261120T000000Z', 'notes']) {
      mkdirSync(diverged(name), { recursive: true });
      writeFileSync(join(diverged(name), 'summary.txt'), '');
    }
    await keep();
    expect(readdirSync(diverged())).toEqual(['20261120T000000Z', stamp, 'notes']);
  });

  it('begins anew what was interrupted before its summary was written', async () => {
    mkdirSync(diverged('20261121T000000Z'), { recursive: true });
    await keep();
    expect(readdirSync(diverged())).toEqual([stamp]);
  });
});
