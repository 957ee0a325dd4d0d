import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { PeerAddress, PeerNetwork } from '../../src/ports/peer-network.ts';

export interface ContractPeer {
  readonly address: PeerAddress;
  /** Another start of the same daemon at the same address. */
  restart(): Promise<void>;
  stop(): Promise<void>;
}

export type Answering = (message: string, body: unknown) => Promise<{ status: number; body: unknown }>;

/** How the suite gets a network and somebody to talk to, both holding the same cluster key. */
export interface PeerNetworkSetup {
  createNetwork(): PeerNetwork;
  startPeer(nodeId: number, handle: Answering): Promise<ContractPeer>;
  /** An address where connections are accepted and nothing is ever answered. */
  silentAddress(): Promise<PeerAddress>;
  /** An address where nobody listens. */
  deadAddress(): Promise<PeerAddress>;
}

/** What every PeerNetwork must do, the simulated one included. */
export function describePeerNetwork(name: string, setup: PeerNetworkSetup): void {
  describe(`${name} as a peer network`, () => {
    let network: PeerNetwork;
    let peers: ContractPeer[] = [];

    async function startPeer(nodeId: number, handle: Answering): Promise<ContractPeer> {
      const peer = await setup.startPeer(nodeId, handle);
      peers.push(peer);
      return peer;
    }

    beforeEach(() => {
      network = setup.createNetwork();
    });

    afterEach(async () => {
      await network.close();
      await Promise.all(peers.map((peer) => peer.stop()));
      peers = [];
    });

    test('brings message and body there and the answer back, with its author', async () => {
      const peer = await startPeer(7, async (message, body) => ({ status: 200, body: { message, body } }));
      const reply = await network.request(
        peer.address,
        'vote',
        { term: 3, text: 'Zürich\n"' },
        { timeoutMs: 2_000 },
      );
      expect(reply).toMatchObject({
        kind: 'answered',
        body: { message: 'vote', body: { term: 3, text: 'Zürich\n"' } },
        from: { nodeId: 7 },
      });
      expect(reply.kind === 'answered' && reply.roundTripMs >= 0).toBe(true);
    });

    test('treats an answer with a status of failure as none, but keeps it for people', async () => {
      const peer = await startPeer(2, async () => ({ status: 409, body: { error: 'no majority' } }));
      const reply = await network.request(peer.address, 'pause', {}, { timeoutMs: 2_000 });
      expect(reply).toMatchObject({
        kind: 'failed',
        reason: 'protocol',
        status: 409,
        body: { error: 'no majority' },
      });
    });

    test('reports a refused connection at once', async () => {
      const address = await setup.deadAddress();
      expect(await network.request(address, 'vote', {}, { timeoutMs: 5_000 })).toMatchObject({
        kind: 'failed',
        reason: 'refused',
      });
    });

    test('gives up a silent peer at its deadline', async () => {
      const address = await setup.silentAddress();
      const begunAtMs = performance.now();
      const reply = await network.request(address, 'vote', {}, { timeoutMs: 80 });
      expect(reply).toMatchObject({ kind: 'failed', reason: 'timeout' });
      const tookMs = performance.now() - begunAtMs;
      expect(tookMs).toBeGreaterThanOrEqual(79);
      expect(tookMs).toBeLessThan(1_000);
    });

    test('gives up a peer that answers too late, and hears it again afterwards', async () => {
      const gates: (() => void)[] = [];
      const peer = await startPeer(2, async () => {
        await new Promise<void>((resolve) => gates.push(resolve));
        return { status: 200, body: 'late' };
      });
      const late = await network.request(peer.address, 'status', {}, { timeoutMs: 80 });
      expect(late).toMatchObject({ kind: 'failed', reason: 'timeout' });
      const second = network.request(peer.address, 'status', {}, { timeoutMs: 5_000 });
      while (gates.length < 2) await new Promise((resolve) => setImmediate(resolve));
      for (const open of gates) open();
      expect(await second).toMatchObject({ kind: 'answered', body: 'late' });
    });

    test('ends a request when its signal aborts', async () => {
      const address = await setup.silentAddress();
      const abort = new AbortController();
      const reply = network.request(address, 'vote', {}, { timeoutMs: 60_000, signal: abort.signal });
      setImmediate(() => abort.abort());
      expect(await reply).toMatchObject({ kind: 'failed', reason: 'cancelled' });
      const again = await network.request(address, 'vote', {}, { timeoutMs: 60_000, signal: abort.signal });
      expect(again).toMatchObject({ kind: 'failed', reason: 'cancelled' });
    });

    test('goes on unnoticed when the peer is restarted', async () => {
      const peer = await startPeer(2, async (_message, body) => ({ status: 200, body }));
      const first = await network.request(peer.address, 'status', 1, { timeoutMs: 2_000 });
      await peer.restart();
      const second = await network.request(peer.address, 'status', 2, { timeoutMs: 2_000 });
      expect(second).toMatchObject({ kind: 'answered', body: 2, from: { nodeId: 2 } });
      const startIds = [first, second].map((reply) =>
        reply.kind === 'answered' ? reply.from?.startId : reply,
      );
      expect(startIds[0]).not.toEqual(startIds[1]);
    });

    test('keeps requests that run at the same time apart', async () => {
      const peer = await startPeer(2, async (_message, body) => ({ status: 200, body }));
      const numbers = Array.from({ length: 100 }, (_, index) => index);
      const replies = await Promise.all(
        numbers.map((number) => network.request(peer.address, 'status', number, { timeoutMs: 5_000 })),
      );
      expect(replies.map((reply) => (reply.kind === 'answered' ? reply.body : reply))).toEqual(numbers);
    });

    test('brings replies to their requests in whatever order they come', async () => {
      const gates = new Map<unknown, () => void>();
      const peer = await startPeer(2, async (_message, body) => {
        await new Promise<void>((resolve) => gates.set(body, resolve));
        return { status: 200, body };
      });
      const ended: unknown[] = [];
      const ask = async (body: number): Promise<unknown> => {
        const reply = await network.request(peer.address, 'status', body, { timeoutMs: 5_000 });
        ended.push(body);
        return reply.kind === 'answered' ? reply.body : reply;
      };
      const replies = [1, 2, 3].map(ask);
      while (gates.size < 3) await new Promise((resolve) => setImmediate(resolve));
      for (const body of [3, 1, 2]) {
        gates.get(body)?.();
        while (!ended.includes(body)) await new Promise((resolve) => setImmediate(resolve));
      }
      expect(ended).toEqual([3, 1, 2]);
      expect(await Promise.all(replies)).toEqual([1, 2, 3]);
    });

    test('lets a short request pass a long one', async () => {
      const gates: (() => void)[] = [];
      const peer = await startPeer(2, async (message, body) => {
        if (message === 'transfer') await new Promise<void>((resolve) => gates.push(resolve));
        return { status: 200, body };
      });
      const long = network.request(peer.address, 'transfer', 'long', { timeoutMs: 5_000 });
      while (gates.length === 0) await new Promise((resolve) => setImmediate(resolve));
      const short = await network.request(peer.address, 'status', 'short', { timeoutMs: 5_000 });
      expect(short).toMatchObject({ kind: 'answered', body: 'short' });
      gates[0]?.();
      expect(await long).toMatchObject({ kind: 'answered', body: 'long' });
    });

    test('carries big bodies both ways, beside small ones', async () => {
      const peer = await startPeer(2, async (_message, body) => ({ status: 200, body }));
      const bodies = ['x'.repeat(1_000_000), 'small', 'ü'.repeat(500_000), ''];
      const replies = await Promise.all(
        bodies.map((body) => network.request(peer.address, 'status', body, { timeoutMs: 10_000 })),
      );
      expect(replies.map((reply) => (reply.kind === 'answered' ? reply.body : reply))).toEqual(bodies);
    });

    test('fails what is under way when the peer stops', async () => {
      const begun: unknown[] = [];
      const peer = await startPeer(2, (_message, body) => {
        begun.push(body);
        return new Promise(() => undefined);
      });
      const replies = [1, 2].map((body) =>
        network.request(peer.address, 'status', body, { timeoutMs: 30_000 }),
      );
      while (begun.length < 2) await new Promise((resolve) => setImmediate(resolve));
      await peer.stop();
      for (const reply of await Promise.all(replies)) expect(reply).toMatchObject({ kind: 'failed' });
    });

    test('never throws: what cannot be sent and a closed network are failed replies', async () => {
      const address = await setup.deadAddress();
      const options = { timeoutMs: 1_000 };
      const circular: Record<string, unknown> = {};
      circular.itself = circular;
      for (const body of [circular, { lsn: 1n }, 'x'.repeat(1_048_576)])
        expect(await network.request(address, 'vote', body, options)).toMatchObject({ reason: 'protocol' });
      expect(await network.request(address, '../hello', {}, options)).toMatchObject({ reason: 'protocol' });
      await network.close();
      expect(await network.request(address, 'vote', {}, options)).toMatchObject({ reason: 'cancelled' });
    });

    test('ends what is underway when it is closed', async () => {
      const address = await setup.silentAddress();
      const reply = network.request(address, 'vote', {}, { timeoutMs: 60_000 });
      await network.close();
      expect(await reply).toMatchObject({ kind: 'failed', reason: 'cancelled' });
    });
  });
}
