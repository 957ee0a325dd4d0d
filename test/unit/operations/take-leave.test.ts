import { describe, expect, it } from 'vitest';
import { takeLeave } from '../../../src/operations/take-leave.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import type { LocalServer, ProcessState } from '../../../src/ports/local-server.ts';
import { createFakeFileSystem } from '../../fakes/fake-host.ts';
import { daemonStatus, FakePeers } from '../../fakes/fake-peers.ts';
import { operationContext } from '../../fakes/operation-context.ts';
import { partialPort } from '../../fakes/partial-port.ts';

const stateFile = '/data.repmgr/voter-state.json';
const stored = {
  incarnation: 'abc',
  term: 3,
  votedFor: 1,
  reigns: [{ term: 3, nodeId: 1 }],
  intent: 'primary',
  endedReigns: [],
  seen: { kept: 'as it is' },
  configuration: {
    voters: [1, 2, 3].map((nodeId) => ({ nodeId, host: `host${nodeId}`, port: 5_000 + nodeId })),
  },
};

interface World {
  /** Null: there is no file. */
  readonly state?: object | null;
  readonly postmaster?: readonly ProcessState['kind'][];
  readonly verified?: boolean;
  readonly daemonDead?: readonly boolean[];
}

/** What happened, in order. */
async function leave({ state = stored, postmaster = [], verified = true, daemonDead = [] }: World) {
  const files = new Map([['/data.repmgr/cluster-key', `${'ab'.repeat(32)}\n`]]);
  if (state !== null) files.set(stateFile, JSON.stringify(state));
  const steps: string[] = [];
  const peers = new FakePeers();
  peers.daemons.set(5_002, {
    status: daemonStatus({ nodeId: 2 }),
    answer: (message, body) => steps.push(`${message} ${JSON.stringify(body)}`),
  });
  let looks = 0;
  let questions = 0;
  const server = partialPort<LocalServer>('LocalServer', {
    processState: async () => {
      const kind = postmaster[looks] ?? 'absent';
      looks += 1;
      return kind === 'absent' ? { kind } : { kind, pid: 7, statusLine: 'ready' };
    },
    fence: async () => {
      steps.push('kill what is left');
      return { verified, killed: 0, steps: [] };
    },
    writeStandbySignal: async () => {
      steps.push(`standby.signal, stored: ${(files.get(stateFile) ?? '').includes('fenced')}`);
    },
  });
  const adapters = partialPort<Adapters>('Adapters', {
    files: createFakeFileSystem(files),
    localServer: () => server,
    peerNetwork: (options) => peers.open({ clusterKey: options.clusterKey as string }),
  });
  const outcome = await takeLeave(operationContext(adapters, { data_directory: '/data' }), {
    isDaemonDead: async () => {
      questions += 1;
      return daemonDead[questions - 1] ?? true;
    },
    timeoutMs: 100,
  });
  return { outcome, steps, stored: JSON.parse(files.get(stateFile) ?? 'null') as unknown };
}

describe('taking leave in the name of the dead', () => {
  it('stores the end, keeps PostgreSQL from opening, and tells every other voter', async () => {
    const result = await leave({});
    expect(result.outcome).toEqual({ kind: 'ended', term: 3, told: [2], silent: [3] });
    expect(result.steps).toEqual([
      'kill what is left',
      'standby.signal, stored: true',
      'released {"nodeId":1,"term":3}',
    ]);
    expect(result.stored).toEqual({ ...stored, intent: 'fenced', endedReigns: [3] });
  });

  it.each([
    ['repmgrd lives', { daemonDead: [false] }, 'repmgrd', []],
    ['repmgrd comes up meanwhile', { daemonDead: [true, false] }, 'repmgrd', ['kill what is left']],
    ['PostgreSQL runs', { postmaster: ['running'] }, 'PostgreSQL', []],
    ['a child of PostgreSQL cannot be killed', { verified: false }, 'PostgreSQL', ['kill what is left']],
  ] as const)('says nothing and stores nothing while %s', async (_, world, who, steps) => {
    const result = await leave(world);
    expect(result).toEqual({ outcome: { kind: 'alive', who }, steps, stored });
  });

  it('says nothing when PostgreSQL was started before standby.signal was there', async () => {
    const { outcome, steps } = await leave({ postmaster: ['absent', 'running'] });
    expect(outcome).toEqual({ kind: 'alive', who: 'PostgreSQL' });
    expect(steps.filter((step) => step.startsWith('released'))).toEqual([]);
  });

  it.each([
    ['nothing was ever stored', null],
    ['another node reigns', { ...stored, votedFor: 2, reigns: [...stored.reigns, { term: 4, nodeId: 2 }] }],
  ])('has nothing to do where %s', async (_, state) => {
    const { outcome, steps } = await leave({ state });
    expect(outcome).toEqual({ kind: 'nothing to end' });
    expect(steps).toEqual([]);
  });

  it('refuses a state file that it does not understand', async () => {
    await expect(leave({ state: { term: 'three' } })).rejects.toThrow('is not what repmgrd writes');
  });
});
