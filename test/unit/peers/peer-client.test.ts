import { request as httpRequest } from 'node:http';
import { connect } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { encodeReply } from '../../../src/peers/frames.ts';
import { createPeerNetwork, type PeerNetworkOptions } from '../../../src/peers/peer-client.ts';
import type { PeerNetwork } from '../../../src/ports/peer-network.ts';
import { describePeerNetwork } from '../../contract/peer-network.contract.ts';
import { clusterKey, otherKey, type RunningServer, startServer, startTcpServer } from './peer-fixtures.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

async function started(overrides: Parameters<typeof startServer>[0] = {}): Promise<RunningServer> {
  const running = await startServer(overrides);
  closers.push(() => running.server.stop());
  return running;
}

function network(options: Partial<PeerNetworkOptions> = {}): PeerNetwork {
  const created = createPeerNetwork({ clusterKey, nodeId: 1, ...options });
  closers.push(() => created.close());
  return created;
}

async function tcpServer(onConnection: Parameters<typeof startTcpServer>[0]): Promise<number> {
  const server = await startTcpServer(onConnection);
  closers.push(server.close);
  return server.port;
}

describePeerNetwork('the network of frames', {
  createNetwork: () => createPeerNetwork({ clusterKey, nodeId: 1 }),
  startPeer: async (nodeId, handle) => {
    let running = await startServer({ nodeId, handle });
    const address = running.peer;
    return {
      address,
      restart: async () => {
        await running.server.stop();
        running = await startServer({
          nodeId,
          handle,
          listen: { hosts: [address.host], port: address.port },
        });
      },
      stop: () => running.server.stop(),
    };
  },
  silentAddress: async () => ({ host: '127.0.0.1', port: await tcpServer((socket) => socket.resume()) }),
  deadAddress: async () => {
    const server = await startTcpServer(() => undefined);
    await server.close();
    return { host: '127.0.0.1', port: server.port };
  },
});

/** What a daemon says when it agrees to frames. */
const acceptance =
  'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: repmgr-peer\r\n' +
  'repmgr-node-id: 2\r\nrepmgr-start-id: start-of-two\r\nrepmgr-generation: 0\r\n\r\n';

describe('the cluster key', () => {
  test('must be the same at both ends', async () => {
    const { peer, received } = await started();
    const reply = await network({ clusterKey: otherKey }).request(peer, 'vote', {}, { timeoutMs: 2_000 });
    expect(reply).toMatchObject({ kind: 'failed', reason: 'unauthenticated' });
    expect(received).toEqual([]);
  });

  test('is asked for anew with each request', async () => {
    let ours: string | undefined;
    let theirs = clusterKey;
    const { peer } = await started({ clusterKey: () => theirs });
    const changing = network({ clusterKey: () => ours });
    const ask = () => changing.request(peer, 'status', {}, { timeoutMs: 2_000 });
    expect(await ask()).toMatchObject({ reason: 'unauthenticated', message: /no usable cluster key/ });
    ours = clusterKey;
    expect(await ask()).toMatchObject({ kind: 'answered' });
    theirs = otherKey;
    expect(await ask()).toMatchObject({ reason: 'unauthenticated' });
    ours = otherKey;
    expect(await ask()).toMatchObject({ kind: 'answered' });
  });
});

/** Stands between client and server and may alter what the server says; the switch to frames is number 0. */
async function proxy(port: number, alter: (reply: Buffer, count: number) => Buffer): Promise<number> {
  return tcpServer((socket) => {
    let count = 0;
    const onward = connect({ host: '127.0.0.1', port });
    onward.on('error', () => socket.destroy());
    onward.on('close', () => socket.destroy());
    socket.on('close', () => onward.destroy());
    socket.pipe(onward);
    onward.on('data', (chunk) => socket.write(alter(chunk, count++)));
  });
}

function replaced(bytes: Buffer, text: string, by: string): Buffer {
  return Buffer.from(bytes.toString('latin1').replace(text, by), 'latin1');
}

function incremented(bytes: Buffer, offset: number): Buffer {
  const changed = Buffer.from(bytes);
  changed.writeUInt8(((changed[offset] ?? 0) + 1) % 256, offset);
  return changed;
}

describe('a reply', () => {
  test.each([
    ['another body', (bytes: Buffer) => replaced(bytes, '"echo":1', '"echo":2')],
    ['another status', (bytes: Buffer) => incremented(bytes, 42)],
    ['another node', (bytes: Buffer) => incremented(bytes, 46)],
    ['another signature', (bytes: Buffer) => incremented(bytes, 9)],
    ['another start', (bytes: Buffer) => incremented(bytes, 50)],
  ])('with %s put in on the way is not believed', async (_what, alter) => {
    const { peer } = await started({
      handle: async (_message, body) => ({ status: 409, body: { echo: body } }),
    });
    const untouched = await proxy(peer.port, (bytes) => bytes);
    const altering = await proxy(peer.port, (bytes, count) => (count === 0 ? bytes : alter(bytes)));
    const ask = (port: number) =>
      network().request({ host: '127.0.0.1', port }, 'vote', 1, { timeoutMs: 2_000 });
    expect(await ask(untouched)).toMatchObject({ reason: 'protocol', status: 409, body: { echo: 1 } });
    const altered = await ask(altering);
    expect(altered).toMatchObject({ kind: 'failed', reason: 'unauthenticated' });
    expect(altered).not.toHaveProperty('body');
  });

  test('of an earlier request is not believed', async () => {
    const { peer } = await started();
    let recorded = Buffer.alloc(0);
    const port = await proxy(peer.port, (bytes, count) => {
      if (count === 1) recorded = Buffer.from(bytes);
      if (count !== 2) return bytes;
      recorded.writeUInt32BE(bytes.readUInt32BE(5), 5);
      return recorded;
    });
    const client = network();
    const ask = () => client.request({ host: '127.0.0.1', port }, 'vote', 1, { timeoutMs: 2_000 });
    expect(await ask()).toMatchObject({ kind: 'answered' });
    expect(await ask()).toMatchObject({ kind: 'failed', reason: 'unauthenticated' });
    expect(await ask()).toMatchObject({ kind: 'answered' });
  });

  test('to what nobody asked is passed over', async () => {
    const { peer } = await started();
    const stray = encodeReply(4_711, { status: 200, responderNodeId: 2, responder: 'stranger.0' }, '{}');
    const port = await proxy(peer.port, (bytes, count) =>
      count === 0 ? bytes : Buffer.concat([stray, bytes, stray]),
    );
    const client = network();
    for (const body of [1, 2]) {
      const reply = await client.request({ host: '127.0.0.1', port }, 'vote', body, { timeoutMs: 2_000 });
      expect(reply).toMatchObject({ kind: 'answered', body: { echo: body } });
    }
  });

  test('of something else than a daemon is recognised as such', async () => {
    const answer = (text: string) => tcpServer((socket) => socket.once('data', () => socket.end(text)));
    const page = await answer('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi');
    const noHttp = await answer('SSH-2.0-OpenSSH_9.2\r\n');
    const endless = await answer(`HTTP/1.1 200 OK\r\n\r\n${'x'.repeat(1_048_577)}`);
    const otherSwitch = await answer('HTTP/1.1 101 Switching\r\nConnection: Upgrade\r\nUpgrade: ws\r\n\r\n');
    const noFrames = await answer(`${acceptance}${'x'.repeat(100)}`);
    for (const port of [page, noHttp, endless, otherSwitch, noFrames]) {
      const reply = await network().request({ host: '127.0.0.1', port }, 'vote', 1, { timeoutMs: 2_000 });
      expect(reply).toMatchObject({ kind: 'failed', reason: 'protocol' });
    }
  });

  test.each([
    ['the switch', 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upg'],
    ['a frame', `${acceptance}\0\0`],
  ])('cut off in the middle of %s is a failure', async (_what, text) => {
    const port = await tcpServer((socket) => socket.once('data', () => socket.end(text)));
    const reply = await network().request({ host: '127.0.0.1', port }, 'vote', 1, { timeoutMs: 2_000 });
    expect(reply).toMatchObject({ kind: 'failed', reason: 'refused' });
  });
});

describe('a kept connection', () => {
  test('that breaks on use is replaced, and the request is carried out once', async () => {
    const { peer, received } = await started();
    let connections = 0;
    const port = await tcpServer((socket) => {
      connections += 1;
      const isFirst = connections === 1;
      let requests = 0;
      const onward = connect({ host: '127.0.0.1', port: peer.port });
      onward.on('error', () => socket.destroy());
      onward.on('data', (chunk) => socket.write(chunk));
      socket.on('close', () => onward.destroy());
      socket.on('data', (chunk) => {
        requests += 1;
        if (isFirst && requests === 3) socket.resetAndDestroy();
        else onward.write(chunk);
      });
    });
    const client = network();
    const ask = (body: number) =>
      client.request({ host: '127.0.0.1', port }, 'vote', body, { timeoutMs: 2_000 });
    expect(await ask(1)).toMatchObject({ kind: 'answered' });
    expect(await ask(2)).toMatchObject({ kind: 'answered' });
    expect(connections).toBe(2);
    expect(received.map((each) => each.body)).toEqual([1, 2]);
  });

  test('that is closed by a server that stopped is replaced as well', async () => {
    const first = await started();
    const client = network();
    const ask = () => client.request(first.peer, 'vote', 1, { timeoutMs: 2_000 });
    expect(await ask()).toMatchObject({ kind: 'answered' });
    await first.server.stop();
    expect(await ask()).toMatchObject({ kind: 'failed', reason: 'refused' });
    await started({ listen: { hosts: [first.peer.host], port: first.peer.port } });
    expect(await ask()).toMatchObject({ kind: 'answered' });
  });

  test('that has fallen silent gets no new request', async () => {
    const { peer } = await started();
    let isSilent = false;
    let connections = 0;
    const port = await tcpServer((socket) => {
      connections += 1;
      const isCut = connections === 1;
      const onward = connect({ host: '127.0.0.1', port: peer.port });
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
      onward.on('data', (chunk) => socket.write(chunk));
      socket.on('data', (chunk) => {
        if (!isSilent || !isCut) onward.write(chunk);
      });
    });
    const client = network();
    const ask = (timeoutMs: number) => client.request({ host: '127.0.0.1', port }, 'vote', 1, { timeoutMs });
    expect(await ask(2_000)).toMatchObject({ kind: 'answered' });
    isSilent = true;
    const lost = ask(1_000);
    expect(await ask(50)).toMatchObject({ kind: 'failed', reason: 'timeout' });
    expect(await ask(500)).toMatchObject({ kind: 'answered' });
    expect(await lost).toMatchObject({ kind: 'failed', reason: 'timeout' });
    expect(connections).toBe(2);
  });

  test('is closed when nothing was asked for a while, and opened again', async () => {
    const { peer } = await started();
    let open = 0;
    let connections = 0;
    const port = await tcpServer((socket) => {
      connections += 1;
      open += 1;
      const onward = connect({ host: '127.0.0.1', port: peer.port });
      onward.on('error', () => socket.destroy());
      socket.on('close', () => {
        open -= 1;
        onward.destroy();
      });
      onward.pipe(socket);
      socket.pipe(onward);
    });
    const client = network({ idleMs: 40 });
    const ask = () => client.request({ host: '127.0.0.1', port }, 'vote', 1, { timeoutMs: 2_000 });
    expect(await ask()).toMatchObject({ kind: 'answered' });
    await vi.waitFor(() => expect(open).toBe(0));
    expect(await ask()).toMatchObject({ kind: 'answered' });
    expect(connections).toBe(2);
  });

  test('is used again, and many requests in a row are fast', async () => {
    const { peer } = await started();
    const client = network();
    const durations: number[] = [];
    for (let count = 0; count < 500; count++) {
      const reply = await client.request(peer, 'heartbeat', { count }, { timeoutMs: 5_000 });
      if (reply.kind !== 'answered') throw new Error(reply.message);
      durations.push(reply.roundTripMs);
    }
    durations.sort((left, right) => left - right);
    const [median, slow] = [durations[250] ?? 0, durations[495] ?? 0];
    console.info(`500 requests: median ${median.toFixed(2)} ms, 99 % within ${slow.toFixed(2)} ms`);
    expect(median).toBeLessThan(20);
  });
});

describe('replay memory', () => {
  test('that was emptied is noticed and the request signed anew', async () => {
    const { peer, received } = await started({ maxSenders: 1 });
    const [one, two] = [network(), network()];
    for (let round = 0; round < 3; round++) {
      expect(await one.request(peer, 'status', round, { timeoutMs: 2_000 })).toMatchObject({
        kind: 'answered',
      });
      expect(await two.request(peer, 'status', round, { timeoutMs: 2_000 })).toMatchObject({
        kind: 'answered',
      });
    }
    expect(received).toHaveLength(6);
  });
});

test('reaches a daemon by name and by IPv6 address', async () => {
  const { peer } = await started({ listen: { hosts: ['127.0.0.1', '::1'], port: 0 } });
  for (const host of ['localhost', '::1']) {
    const reply = await network().request({ host, port: peer.port }, 'status', {}, { timeoutMs: 2_000 });
    expect(reply).toMatchObject({ kind: 'answered' });
  }
  const listening = await new Promise((resolve) => {
    httpRequest({ host: '::1', port: peer.port, path: '/v1/hello', agent: false }, (incoming) => {
      incoming.resume();
      resolve(incoming.statusCode);
    }).end();
  });
  expect(listening).toBe(200);
});
