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
import type { RejoinEvidence, RejoinVerdict } from '../../../src/decisions/rejoin/choose-rejoin-method.ts';
import { Cancelled, LocalCommandFailed } from '../../../src/domain/errors/repmgr-error.ts';
import { type Lsn, parseLsn } from '../../../src/domain/lsn.ts';
import type { SystemIdentifier } from '../../../src/domain/system-identifier.ts';
import type { TimelineId } from '../../../src/domain/timeline.ts';
import { createFileSystem } from '../../../src/host/files/file-system.ts';
import { type RewindOptions, rewindNode } from '../../../src/operations/rewind-node.ts';
import type { ControlData, LocalServer } from '../../../src/ports/local-server.ts';
import type { RewindOutcome, RewindRequest } from '../../../src/ports/rewind.ts';
import { FakeCluster, nodeRecord } from '../../fakes/fake-cluster.ts';
import { type FakeOperationContext, operationContext } from '../../fakes/operation-context.ts';
import { partialPort } from '../../fakes/partial-port.ts';

const at = (text: string): Lsn => parseLsn(text) as Lsn;
const segment = '000000010000000000000005';
const succeeded: RewindOutcome = { kind: 'completed', wasNeeded: true, durationMs: 10 };

let folder: string;
let data: string;
let cluster: FakeCluster;
let context: FakeOperationContext;
let controller: AbortController;
let rewind: (request: RewindRequest) => RewindOutcome;
let checkpoints: number;
let mayCheckpoint: boolean;
let restoreCommand: string | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rewind-node-'));
  data = join(folder, 'data');
  for (const name of ['pg_wal', 'pg_replslot/repmgr_slot_2'])
    mkdirSync(join(data, name), { recursive: true });
  writeFileSync(join(data, 'pg_wal', segment), 'wal');
  writeFileSync(join(data, 'postgresql.conf'), 'port = 1');
  writeFileSync(join(data, 'standby.signal'), '');
  cluster = new FakeCluster([
    nodeRecord(1, { type: 'standby' }),
    nodeRecord(2, { type: 'primary', upstreamNodeId: null }),
  ]);
  cluster.server(2).timeline = 1 as TimelineId;
  controller = new AbortController();
  checkpoints = 0;
  mayCheckpoint = true;
  restoreCommand = undefined;
  rewind = () => succeeded;
  cluster.runner.resultOf = () => ({});
  const base = cluster.adapters();
  const adapters = {
    ...base,
    files: createFileSystem({ find: async () => undefined }),
    rewind: { rewind: async (request: RewindRequest) => rewind(request) },
    inspector: {
      ...base.inspector,
      mayCheckpoint: async () => mayCheckpoint,
      checkpoint: async () => {
        checkpoints += 1;
        cluster.server(2).timeline = 2 as TimelineId;
      },
    },
  };
  context = operationContext(adapters, { data_directory: data, pg_bindir: '/bin' }, controller.signal);
});

afterEach(() => rmSync(folder, { recursive: true }));

const signalFile = (): string => join(data, 'standby.signal');

const localServer = partialPort<LocalServer>('LocalServer', {
  get dataDirectory() {
    return data;
  },
  controlData: async () => partialPort<ControlData>('ControlData', { walSegmentSizeBytes: 16 * 1024 * 1024 }),
  removeRecycledPidFile: async () => {},
  hasStandbySignal: async () => existsSync(signalFile()),
  removeStandbySignal: async () => rmSync(signalFile()),
  writeStandbySignal: async () => writeFileSync(signalFile(), ''),
  autoConfValue: async () => restoreCommand,
});

function evidence(isCleanlyShutDown = true): RejoinEvidence {
  const system = '7' as SystemIdentifier;
  return {
    local: {
      systemIdentifier: system,
      timeline: 1 as TimelineId,
      lsn: at('0/5002000'),
      history: [],
      majorVersion: 15,
      isHalfRewound: false,
      dataChecksums: true,
      walLogHints: false,
      isCleanlyShutDown,
    },
    primary: {
      systemIdentifier: system,
      timeline: 2 as TimelineId,
      lsn: at('0/6000000'),
      majorVersion: 15,
      fullPageWrites: true,
      history: [
        {
          timeline: 1 as TimelineId,
          switchpoint: at('0/5001000'),
        },
      ],
    },
    allowed: { rewind: true, reclone: false, crashRecovery: true },
    room: null,
  };
}

const verdict: RejoinVerdict = {
  method: 'rewind',
  reason: 'pastFork',
  message: '',
  evidence: [],
  hint: null,
  fork: { timeline: 1 as TimelineId, lsn: at('0/5001000') },
};

async function run(isCleanlyShutDown = true, program?: string, progress?: RewindOptions['progress']) {
  const node = cluster.node(2) ?? nodeRecord(2);
  const connection = await context.adapters.connections.connect(node.conninfo);
  return rewindNode(context, {
    primary: { node, connection },
    localServer,
    evidence: evidence(isCleanlyShutDown),
    verdict,
    options: {
      configFiles: [],
      archiveRoot: folder,
      ...(program === undefined ? {} : { program }),
      ...(progress === undefined ? {} : { progress }),
    },
  });
}

const marker = (): string => join(folder, 'data.repmgr', 'rewind-in-progress.json');

describe('rewindNode', () => {
  it('has the primary make a checkpoint first, so that its new timeline is in the control file', async () => {
    rewind = () => {
      expect(checkpoints).toBe(1);
      return succeeded;
    };
    await run();
  });

  it('needs no checkpoint when there has been one', async () => {
    cluster.server(2).timeline = 2 as TimelineId;
    await run();
    expect(checkpoints).toBe(0);
  });

  it('waits for a checkpoint that it may not ask for', async () => {
    mayCheckpoint = false;
    cluster.clock.onSleep = (nowMs) => {
      if (nowMs >= 2_000) cluster.server(2).timeline = 2 as TimelineId;
    };
    await run();
    expect(checkpoints).toBe(0);
  });

  it('gives up without one, before anything is touched', async () => {
    mayCheckpoint = false;
    await expect(run()).rejects.toMatchObject({ exit: 'REJOIN_FAIL' });
    expect(readdirSync(folder)).toEqual(['data']);
  });

  it('sets diverged WAL aside before pg_rewind starts', async () => {
    rewind = () => {
      const [name = ''] = readdirSync(join(folder, 'data.repmgr', 'diverged'));
      expect(readdirSync(join(folder, 'data.repmgr', 'diverged', name))).toEqual([segment, 'summary.txt']);
      return succeeded;
    };
    expect(await run()).toMatchObject({ bytes: 0x1000n, commits: 0 });
  });

  it('stands under a marker exactly while it runs', async () => {
    rewind = () => {
      expect(existsSync(marker())).toBe(true);
      return succeeded;
    };
    await run();
    expect(existsSync(marker())).toBe(false);
  });

  it('puts the own configuration files back, and clears what belongs to the primary', async () => {
    rewind = () => {
      writeFileSync(join(data, 'postgresql.conf'), 'port = 2');
      writeFileSync(join(data, 'recovery.done'), '');
      return succeeded;
    };
    await run();
    expect(readFileSync(join(data, 'postgresql.conf'), 'utf8')).toBe('port = 1');
    expect(existsSync(join(data, 'recovery.done'))).toBe(false);
    expect(readdirSync(join(data, 'pg_replslot'))).toEqual([]);
    expect(existsSync(join(folder, 'repmgr-config-archive-node1'))).toBe(false);
  });

  it('calls the pg_rewind that was named, else that of pg_bindir', async () => {
    const programs: string[] = [];
    rewind = ({ program }) => {
      programs.push(program);
      return succeeded;
    };
    await run();
    await run(true, '/opt/pg_rewind');
    expect(programs).toEqual(['/bin/pg_rewind', '/opt/pg_rewind']);
  });

  it('tells how far it is, and when that is over', async () => {
    const seen: unknown[] = [];
    rewind = ({ onProgress }) => {
      onProgress?.({ copiedBytes: 1, totalBytes: 2 });
      return succeeded;
    };
    const progress = {
      update: (state: unknown) => void seen.push(state),
      finish: () => void seen.push('end'),
    };
    await run(true, undefined, progress);
    expect(seen).toEqual([{ copiedBytes: 1, totalBytes: 2 }, 'end']);
  });

  it('fetches lost WAL from the archive where there is one', async () => {
    const asked: boolean[] = [];
    rewind = ({ restoreTargetWal }) => {
      asked.push(restoreTargetWal);
      return succeeded;
    };
    await run();
    restoreCommand = 'cp /archive/%f %p';
    await run();
    expect(asked).toEqual([false, true]);
  });
});

describe('rewindNode and standby.signal', () => {
  it('hides it from the crash recovery of pg_rewind, and brings it back', async () => {
    rewind = () => {
      expect(existsSync(signalFile())).toBe(false);
      return succeeded;
    };
    await run(false);
    expect(existsSync(signalFile())).toBe(true);
  });

  it('brings it back also after a failure', async () => {
    rewind = () => ({ kind: 'failed', mayHaveChangedFiles: false, output: 'no' });
    await expect(run(false)).rejects.toMatchObject({ exit: 'REJOIN_FAIL' });
    expect(existsSync(signalFile())).toBe(true);
  });

  it('leaves it alone after a clean stop', async () => {
    rewind = () => {
      expect(existsSync(signalFile())).toBe(true);
      return succeeded;
    };
    await run(true);
  });
});

describe('rewindNode fails', () => {
  it('and leaves the node usable when pg_rewind changed nothing', async () => {
    rewind = () => ({ kind: 'failed', mayHaveChangedFiles: false, output: 'could not fetch' });
    await expect(run()).rejects.toMatchObject({ exit: 'REJOIN_FAIL', detail: 'could not fetch' });
    expect(existsSync(marker())).toBe(false);
    expect(existsSync(join(folder, 'repmgr-config-archive-node1'))).toBe(false);
  });

  it('and leaves the node usable when there is no pg_rewind', async () => {
    rewind = () => {
      throw new LocalCommandFailed('unable to start program "/nix/pg_rewind"', { hint: 'set "pg_bindir"' });
    };
    await expect(run()).rejects.toMatchObject({
      exit: 'REJOIN_FAIL',
      detail: 'unable to start program "/nix/pg_rewind"\nset "pg_bindir"',
    });
    expect(existsSync(marker())).toBe(false);
    expect(existsSync(join(folder, 'repmgr-config-archive-node1'))).toBe(false);
  });

  it('and says so even if it was cancelled meanwhile', async () => {
    rewind = () => {
      controller.abort();
      return { kind: 'failed', mayHaveChangedFiles: true, output: 'died' };
    };
    await expect(run()).rejects.toMatchObject({ hint: expect.stringContaining('do not start it') });
  });

  it('and leaves marker and archive when files may have changed', async () => {
    rewind = () => ({ kind: 'failed', mayHaveChangedFiles: true, output: 'died' });
    await expect(run()).rejects.toMatchObject({ hint: expect.stringContaining('do not start it') });
    expect(existsSync(marker())).toBe(true);
    expect(readdirSync(join(folder, 'repmgr-config-archive-node1'))).toEqual(['postgresql.conf']);
  });

  it('is cancelled before pg_rewind without a trace in the data directory', async () => {
    rewind = () => {
      controller.abort();
      return { kind: 'failed', mayHaveChangedFiles: false, output: '' };
    };
    await expect(run()).rejects.toBeInstanceOf(Cancelled);
    expect(existsSync(marker())).toBe(false);
  });

  it('finishes what it has begun when it is cancelled too late', async () => {
    rewind = () => {
      controller.abort();
      return succeeded;
    };
    await expect(run()).rejects.toBeInstanceOf(Cancelled);
    expect(existsSync(marker())).toBe(false);
    expect(readdirSync(join(data, 'pg_replslot'))).toEqual([]);
  });
});
