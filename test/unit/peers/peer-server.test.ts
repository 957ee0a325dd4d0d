import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConnectionFailed } from '../../../src/domain/errors/repmgr-error.ts';
import { createPeerServer } from '../../../src/peers/peer-server.ts';
import { signReply, signRequest } from '../../../src/peers/signing.ts';
import {
  authenticRequest,
  clusterKey,
  headersOf,
  keyOf,
  newStartId,
  otherKey,
  type RunningServer,
  sendRaw,
  sendSigned,
  startServer,
} from './peer-fixtures.ts';

let running: RunningServer[] = [];

async function started(overrides: Parameters<typeof startServer>[0] = {}): Promise<RunningServer> {
  const server = await startServer(overrides);
  running.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(running.map((each) => each.server.stop()));
  running = [];
});

const hello = { method: 'GET', path: '/v1/hello', headers: {}, body: Buffer.alloc(0) };

describe('hello', () => {
  test('tells node and start without a signature, also without a cluster key', async () => {
    const { peer, startId } = await started({ clusterKey: () => undefined });
    const reply = await sendRaw(peer.port, hello);
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toEqual({ nodeId: 2, startId, generation: 0 });
  });
});

describe('an authentic request', () => {
  test('is carried out and the reply is signed for it', async () => {
    const { peer, startId, received } = await started();
    const request = authenticRequest(`${startId}.0`);
    const reply = await sendSigned(peer.port, request);
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toEqual({ echo: { a: 1 } });
    expect(received).toEqual([{ message: 'status', body: { a: 1 }, fromNode: 1 }]);
    const expected = signReply(keyOf(clusterKey), {
      requestSignature: signRequest(keyOf(clusterKey), request),
      status: 200,
      responderNodeId: 2,
      responder: `${startId}.0`,
      body: Buffer.from(reply.body),
    });
    expect(reply.headers['repmgr-signature']).toBe(expected);
  });

  test('may be overtaken by later ones, but not by more than the window holds', async () => {
    const { peer, startId, received } = await started();
    const send = (sequence: number) => sendSigned(peer.port, authenticRequest(`${startId}.0`, { sequence }));
    expect((await send(300)).status).toBe(200);
    expect((await send(45)).status).toBe(200);
    expect((await send(44)).status).toBe(401);
    expect(received).toHaveLength(2);
  });

  test('is answered with 400 when its body is not JSON', async () => {
    const { peer, startId, received } = await started();
    const reply = await sendSigned(peer.port, authenticRequest(`${startId}.0`, { body: Buffer.from('{') }));
    expect(reply.status).toBe(400);
    expect(received).toEqual([]);
  });

  test.each([
    ['GET', '/v1/status'],
    ['POST', '/v2/status'],
    ['POST', '/v1/Status'],
    ['POST', '/v1/status?x=1'],
    ['POST', '/v1/'],
  ])('%s %s is answered with 404', async (method, path) => {
    const { peer, startId, received } = await started();
    const reply = await sendSigned(peer.port, authenticRequest(`${startId}.0`, { method, path }));
    expect(reply.status).toBe(404);
    expect(received).toEqual([]);
  });

  test('for an earlier start is not carried out, and the reply names the present one', async () => {
    const { peer, startId, received } = await started();
    const reply = await sendSigned(peer.port, authenticRequest(`${newStartId()}.0`));
    expect(reply.status).toBe(421);
    expect(reply.headers['repmgr-receiver']).toBe(`${startId}.0`);
    expect(received).toEqual([]);
  });

  test.each([
    ['throws', async () => Promise.reject(new Error('disk on fire'))],
    ['answers what JSON cannot hold', async () => ({ status: 200, body: { lsn: 1n } })],
    ['answers too much', async () => ({ status: 200, body: 'x'.repeat(1_048_576) })],
  ])(
    'is answered with 500 when its handling %s, and the trouble is reported here only',
    async (_what, handle) => {
      const { peer, startId, troubles } = await started({ handle });
      const reply = await sendSigned(peer.port, authenticRequest(`${startId}.0`));
      expect(reply.status).toBe(500);
      expect(reply.body).not.toContain('fire');
      expect(troubles).toHaveLength(1);
    },
  );
});

describe('refused with 401 and not a word', () => {
  async function expectRefusal(
    reply: Awaited<ReturnType<typeof sendRaw>>,
    server: RunningServer,
  ): Promise<void> {
    expect(reply.status).toBe(401);
    expect(reply.body).toBe('');
    expect(Object.keys(reply.headers).filter((name) => name.startsWith('repmgr'))).toEqual([]);
    expect(server.received).toEqual([]);
  }

  test('a request without signature', async () => {
    const server = await started();
    const reply = await sendRaw(server.peer.port, {
      method: 'POST',
      path: '/v1/status',
      headers: {},
      body: Buffer.from('{}'),
    });
    await expectRefusal(reply, server);
  });

  test('a request signed with another key', async () => {
    const server = await started();
    const request = authenticRequest(`${server.startId}.0`);
    await expectRefusal(await sendSigned(server.peer.port, request, otherKey), server);
  });

  test('every request as long as there is no cluster key', async () => {
    const server = await started({ clusterKey: () => undefined });
    await expectRefusal(await sendSigned(server.peer.port, authenticRequest(`${server.startId}.0`)), server);
  });

  test('a request of which any part was changed on the way', async () => {
    const server = await started();
    const request = authenticRequest(`${server.startId}.0`);
    const signature = signRequest(keyOf(clusterKey), request);
    const changes = [
      { path: '/v1/vote' },
      { body: Buffer.from('{"a":2}') },
      { senderNodeId: 3 },
      { senderStartId: 'sender-start-2' },
      { receiver: `${newStartId()}.0` },
      { sequence: 2 },
    ];
    for (const change of changes) {
      const forged = { ...request, ...change };
      const headers = headersOf(forged, signature);
      const reply = await sendRaw(server.peer.port, { ...forged, headers });
      await expectRefusal(reply, server);
    }
  });

  test('the same request a second time', async () => {
    const server = await started();
    const request = authenticRequest(`${server.startId}.0`);
    expect((await sendSigned(server.peer.port, request)).status).toBe(200);
    server.received.length = 0;
    await expectRefusal(await sendSigned(server.peer.port, request), server);
  });

  test('a body that is too long or of unknown length', async () => {
    const server = await started();
    const body = Buffer.alloc(1_048_577, 0x20);
    await expectRefusal(
      await sendSigned(server.peer.port, authenticRequest(`${server.startId}.0`, { body })),
      server,
    );
    const request = authenticRequest(`${server.startId}.0`, { body: Buffer.from('{}') });
    const lines = headerLines(headersOf(request, signRequest(keyOf(clusterKey), request)));
    const socket = connect({ host: '127.0.0.1', port: server.peer.port });
    socket.write(
      `POST /v1/status HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n${lines}\r\n2\r\n{}\r\n0\r\n\r\n`,
    );
    expect(await firstData(socket)).toMatch(/^HTTP\/1\.1 401 /);
    socket.destroy();
    expect(server.received).toEqual([]);
  });
});

describe('the replay memory', () => {
  test('is emptied when full, and what was accepted before cannot be replayed afterwards', async () => {
    const { peer, startId, received } = await started({ maxSenders: 2 });
    const first = authenticRequest(`${startId}.0`, { senderStartId: 'sender-start-1' });
    expect((await sendSigned(peer.port, first)).status).toBe(200);
    expect((await sendSigned(peer.port, { ...first, senderStartId: 'sender-start-2' })).status).toBe(200);
    const third = { ...first, senderStartId: 'sender-start-3' };
    const outdated = await sendSigned(peer.port, third);
    expect(outdated.status).toBe(421);
    expect(outdated.headers['repmgr-receiver']).toBe(`${startId}.1`);
    expect((await sendSigned(peer.port, { ...third, receiver: `${startId}.1` })).status).toBe(200);
    expect((await sendSigned(peer.port, first)).status).toBe(421);
    expect(received).toHaveLength(3);
  });
});

describe('the listener', () => {
  test('says who is in the way when the port is taken', async () => {
    const { peer } = await started();
    const options = {
      nodeId: 3,
      startId: newStartId(),
      clusterKey: () => clusterKey,
      handle: async () => ({ status: 200, body: null }),
      onListenerLost: () => undefined,
      onTrouble: () => undefined,
    };
    const taken = createPeerServer({ ...options, listen: { hosts: ['127.0.0.1'], port: peer.port } });
    const error: unknown = await taken.start().catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectionFailed);
    expect(error).toMatchObject({
      message: `another program already listens on 127.0.0.1:${peer.port}`,
      facts: { host: '127.0.0.1', port: peer.port },
    });
    const foreign = createPeerServer({ ...options, listen: { hosts: ['127.0.0.1', '192.0.2.1'], port: 0 } });
    await expect(foreign.start()).rejects.toThrow('192.0.2.1 is not an address of this host');
    await expect(foreign.start()).rejects.toThrow('192.0.2.1 is not an address of this host');
  });

  test('can be stopped and started again', async () => {
    const server = await started();
    await server.server.stop();
    await expect(sendSigned(server.peer.port, authenticRequest(`${server.startId}.0`))).rejects.toThrow();
    const { port } = await server.server.start();
    expect((await sendSigned(port, authenticRequest(`${server.startId}.0`))).status).toBe(200);
    expect(server.lost).toEqual([]);
  });

  test('that is lost is reported, and the others are closed too', async () => {
    const server = await started({ listen: { hosts: ['127.0.0.1', '127.0.0.2'], port: 0 } });
    const listener = await listenerServing(() =>
      sendSigned(server.peer.port, authenticRequest(`${server.startId}.0`)),
    );
    listener.close();
    await vi.waitFor(() => expect(server.lost).toHaveLength(1), { timeout: 5_000 });
    await expect(sendRaw(server.peer.port, hello)).rejects.toThrow('ECONNREFUSED');
    expect((await server.server.start()).port).toBeGreaterThan(0);
  });

  test('finishes a request underway before it stops', async () => {
    let finish: () => void = () => undefined;
    const finished = new Promise<void>((resolve) => {
      finish = resolve;
    });
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const server = await started({
      handle: async () => {
        begun();
        await finished;
        return { status: 200, body: 'done' };
      },
    });
    const reply = sendSigned(server.peer.port, authenticRequest(`${server.startId}.0`));
    await hasBegun;
    const stopped = server.server.stop();
    finish();
    expect((await reply).body).toBe('"done"');
    await stopped;
  });

  test('stops in time though a request never ends', async () => {
    let begun: () => void = () => undefined;
    const hasBegun = new Promise<void>((resolve) => {
      begun = resolve;
    });
    const server = await started({
      handle: () => {
        begun();
        return new Promise(() => undefined);
      },
    });
    const reply = sendSigned(server.peer.port, authenticRequest(`${server.startId}.0`));
    const failure = expect(reply).rejects.toThrow();
    await hasBegun;
    await server.server.stop();
    await failure;
  });
});

describe('a flood of strangers', () => {
  test('pushes out its own oldest connections, never one that has proved itself', async () => {
    const server = await started();
    const peer = connect({ host: '127.0.0.1', port: server.peer.port });
    await connected(peer);
    const request = authenticRequest(`${server.startId}.0`);
    const lines = headerLines(headersOf(request, signRequest(keyOf(clusterKey), request)));
    peer.write(`POST /v1/status HTTP/1.1\r\nhost: x\r\ncontent-length: 7\r\n${lines}\r\n{"a":1}`);
    expect(await firstData(peer)).toMatch(/^HTTP\/1\.1 200 /);

    const strangers: Socket[] = [];
    for (let count = 0; count < 80; count++) {
      const stranger = connect({ host: '127.0.0.1', port: server.peer.port });
      stranger.on('error', () => stranger.destroy());
      strangers.push(stranger);
      await connected(stranger);
    }
    await vi.waitFor(() => expect(strangers.filter((each) => each.closed)).toHaveLength(16), {
      timeout: 5_000,
    });
    expect(strangers.slice(0, 16).every((each) => each.closed)).toBe(true);
    expect(peer.closed).toBe(false);
    for (const socket of [peer, ...strangers]) socket.destroy();
  });
});

/** The http.Server that answers what `send` sends. */
async function listenerServing(send: () => Promise<unknown>): Promise<Server> {
  let found: Server | undefined;
  const notice = (message: unknown): void => {
    found = (message as { server: Server }).server;
  };
  subscribe('http.server.request.start', notice);
  try {
    await send();
  } finally {
    unsubscribe('http.server.request.start', notice);
  }
  if (found === undefined) throw new Error('no server answered');
  return found;
}

function headerLines(headers: Record<string, string | number>): string {
  return Object.entries(headers)
    .map(([name, value]) => `${name}: ${value}\r\n`)
    .join('');
}

function connected(socket: Socket): Promise<void> {
  socket.resume();
  return new Promise((resolve, reject) => {
    socket.once('connect', () => resolve());
    socket.once('error', reject);
  });
}

function firstData(socket: Socket): Promise<string> {
  return new Promise((resolve, reject) => {
    socket.once('data', (chunk) => resolve(chunk.toString('latin1')));
    socket.once('error', reject);
  });
}
