import { expect, test, vi } from 'vitest';
import { CoreLoop, type ServerEffect } from '../../../src/daemon/core-loop.ts';
import type { Node } from '../../../src/daemon/node.ts';
import type { StateStore } from '../../../src/daemon/state-store.ts';
import {
  type CoreParameters,
  type DurableState,
  emptyDurableState,
} from '../../../src/decisions/failover/state.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import type { HeartbeatRequest } from '../../../src/domain/peer-messages.ts';
import type { Voter, VotingConfiguration } from '../../../src/domain/voting-configuration.ts';

const self = 2 as NodeId;
const primary = 1 as NodeId;

const parameters: CoreParameters = {
  nodeId: self,
  nodeName: 'node2',
  leaseMs: 3_000,
  heartbeatIntervalMs: 250,
  fenceBudgetMs: 700,
  priority: 100,
  isFailoverAutomatic: true,
  crashAction: 'auto',
  crashWindowMs: 600_000,
  restartTimeoutMs: 60_000,
  isAutoRejoinOn: true,
};

function voter(nodeId: NodeId): Voter {
  return {
    nodeId,
    nodeName: `node${nodeId}`,
    incarnation: `incarnation-${nodeId}`,
    host: 'localhost',
    port: 5479,
    conninfo: 'host=localhost',
    replicationUser: 'repmgr',
  };
}

const configuration: VotingConfiguration = {
  version: { term: 1, counter: 1 },
  voters: [voter(primary), voter(self), voter(3 as NodeId)],
  leaseMs: 3_000,
  heartbeatIntervalMs: 250,
  paused: false,
  manual: false,
};

const heartbeat: HeartbeatRequest = { term: 1, primary, phase: 'writable', configuration, reigns: [] };

/** A disk whose writes end when the test says so. */
function slowStore() {
  const writes: { durable: DurableState; finish: () => void; fail: (error: Error) => void }[] = [];
  const store: StateStore = {
    path: '/state',
    load: async () => emptyDurableState('incarnation-2'),
    save: (durable) =>
      new Promise((resolve, reject) => writes.push({ durable, finish: resolve, fail: reject })),
  };
  return { store, writes };
}

function createLoop(store: StateStore) {
  const errors: string[] = [];
  const effects: ServerEffect[] = [];
  const log = {
    error: (message: string) => errors.push(message),
    notice: () => undefined,
    debug: () => undefined,
  };
  const node = {
    nodeId: self,
    adapters: { clock: { monotonicMs: () => performance.now() } },
    log,
    ending: new AbortController().signal,
  } as unknown as Node;
  const loop = new CoreLoop({
    node,
    store,
    durable: emptyDurableState('incarnation-2'),
    parameters,
    network: () => undefined,
    perform: (effect) => effects.push(effect),
    markStandby: async () => undefined,
  });
  return { loop, errors, effects };
}

test('a reply that depends on stored state is given when it is on disk, not before', async () => {
  const { store, writes } = slowStore();
  const { loop } = createLoop(store);
  const answered = vi.fn();
  void loop.request(primary, { message: 'heartbeat', body: heartbeat }).then(answered);
  await new Promise(setImmediate);
  expect(writes).toHaveLength(1);
  expect(writes[0]?.durable.term).toBe(1);
  expect(answered).not.toHaveBeenCalled();
  writes[0]?.finish();
  await new Promise(setImmediate);
  expect(answered).toHaveBeenCalledWith(expect.objectContaining({ accepted: true, term: 1 }));
  loop.end();
});

test('what could not be stored is not answered, and is stored again', async () => {
  const { store, writes } = slowStore();
  const { loop, errors } = createLoop(store);
  const reply = loop.request(primary, { message: 'heartbeat', body: heartbeat });
  writes[0]?.fail(new Error('no space left on device'));
  expect(await reply).toBeUndefined();
  expect(errors).toEqual([expect.stringContaining('/state')]);
  await vi.waitFor(() => expect(writes).toHaveLength(2), { timeout: 3_000 });
  writes[1]?.finish();
  expect(writes[1]?.durable.term).toBe(1);
  loop.end();
});

test('requests that are open when the daemon ends are let go', async () => {
  const { store } = slowStore();
  const { loop } = createLoop(store);
  const reply = loop.request(primary, { message: 'heartbeat', body: heartbeat });
  loop.end();
  expect(await reply).toBeUndefined();
});
