import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { Server } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { ConnectionFailed } from '../../../src/domain/errors/repmgr-error.ts';
import { encodeRequest, setSignature } from '../../../src/peers/frames.ts';
import { createPeerServer } from '../../../src/peers/peer-server.ts';
import { replySignature } from '../../../src/peers/signing.ts';
import {
  authenticRequest,
  clusterKey,
  frameOf,
  keyOf,
  newStartId,
  otherKey,
  RawChannel,
  type RunningServer,
  sendFrame,
  sendHttp,
  sendSigned,
  startServer,
  upgradeRequest,
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

describe('hello', () => {
  test('tells node and start without a signature, also without a cluster key', async () => {
    const { peer, startId } = await started({ clusterKey: () => undefined });
    const reply = await sendHttp(peer.port, 'GET', '/v1/hello');
    expect(reply.status).toBe(200);
    expect(JSON.parse(reply.body)).toEqual({ nodeId: 2, startId, generation: 0 });
  });

  test('comes with the switch to frames', async () => {
    const { peer, startId } = await started();
    const { hello, socket } = await RawChannel.open(peer.port);
    expect(hello.split('\r\n')).toEqual([
      'http/1.1 101 switching protocols',
      'connection: upgrade',
      'upgrade: repmgr-peer',
      'repmgr-node-id: 2',
      `repmgr-start-id: ${startId}`,
      'repmgr-generation: 0',
    ]);
    socket.destroy();
  });

  test.each([
    ['POST', '/v1/hello'],
    ['POST', '/v1/status'],
    ['GET', '/v1/peer'],
    ['GET', '/'],
  ])('is the only thing that is told over HTTP: %s %s is not found', async (method, path) => {
    const { peer } = await started();
    expect(await sendHttp(peer.port, method, path)).toEqual({ status: 404, body: '' });
  });

  test.each([
    ['another path', upgradeRequest.replace('/v1/peer', '/v1/other')],
    ['another protocol', upgradeRequest.replace('repmgr-peer', 'websocket')],
    ['another method', upgradeRequest.replace('GET', 'POST')],
  ])('is not told to a wish to switch to %s', async (_what, text) => {
    const { peer } = await started();
    const socket = connect({ host: '127.0.0.1', port: peer.port });
    socket.write(text);
    expect(await firstData(socket)).toMatch(/^HTTP\/1\.1 404 /);
    await vi.waitFor(() => expect(socket.closed).toBe(true));
  });
});

describe('an authentic request', () => {
  test('is carried out and the reply is signed for it', async () => {
    const { peer, startId, received } = await started();
    const request = authenticRequest(`${startId}.0`);
    const reply = await sendSigned(peer.port, request);
    expect(reply?.status).toBe(200);
    expect(JSON.parse(reply?.body ?? '')).toEqual({ echo: { a: 1 } });
    expect(received).toEqual([{ message: 'status', body: { a: 1 }, fromNode: 1 }]);
    const { signature } = frameOf(request);
    expect(reply).toMatchObject({ responderNodeId: 2, responder: `${startId}.0` });
    expect(reply?.signature).toEqual(
      replySignature(keyOf(clusterKey), signature, reply?.signed ?? Buffer.alloc(0)),
    );
  });

  test('shares its connection with others, and each reply names its request', async () => {
    const gates: (() => void)[] = [];
    const { peer, startId } = await started({
      handle: async (_message, body) => {
        await new Promise<void>((resolve) => gates.push(resolve));
        return { status: 200, body };
      },
    });
    const channel = await RawChannel.open(peer.port);
    for (const sequence of [1, 2, 3]) {
      const { frame } = frameOf(authenticRequest(`${startId}.0`, { sequence, body: String(sequence) }));
      frame.writeUInt32BE(100 + sequence, 5);
      channel.socket.write(frame);
    }
    await vi.waitFor(() => expect(gates).toHaveLength(3));
    for (const index of [2, 0, 1]) {
      gates[index]?.();
      expect(await channel.next()).toMatchObject({ id: 101 + index, body: String(1 + index) });
    }
    channel.socket.destroy();
  });

  test('may be overtaken by later ones, but not by more than the window holds', async () => {
    const { peer, startId, received } = await started();
    const send = (sequence: number) => sendSigned(peer.port, authenticRequest(`${startId}.0`, { sequence }));
    expect((await send(300))?.status).toBe(200);
    expect((await send(45))?.status).toBe(200);
    expect(await send(44)).toBeUndefined();
    expect(received).toHaveLength(2);
  });

  test('is answered with 400 when its body is not JSON', async () => {
    const { peer, startId, received } = await started();
    const reply = await sendSigned(peer.port, authenticRequest(`${startId}.0`, { body: '{' }));
    expect(reply?.status).toBe(400);
    expect(received).toEqual([]);
  });

  test.each(['', 'Status', 'status ', '../hello', 'x'.repeat(65)])(
    'with the message "%s" is answered with 404',
    async (message) => {
      const { peer, startId, received } = await started();
      expect((await sendSigned(peer.port, authenticRequest(`${startId}.0`, { message })))?.status).toBe(404);
      expect(received).toEqual([]);
    },
  );

  test('for an earlier start is not carried out, and the reply names the present one', async () => {
    const { peer, startId, received } = await started();
    const reply = await sendSigned(peer.port, authenticRequest(`${newStartId()}.0`));
    expect(reply).toMatchObject({ status: 421, responder: `${startId}.0` });
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
      expect(reply?.status).toBe(500);
      expect(reply?.body).not.toContain('fire');
      expect(troubles).toHaveLength(1);
    },
  );
});

describe('a connection is closed without a word for', () => {
  async function expectRefusal(server: RunningServer, frame: Buffer): Promise<void> {
    expect(await sendFrame(server.peer.port, frame)).toBeUndefined();
    expect(server.received).toEqual([]);
  }

  test('a request without signature', async () => {
    const server = await started();
    await expectRefusal(server, encodeRequest(authenticRequest(`${server.startId}.0`), '{}'));
  });

  test('a request signed with another key', async () => {
    const server = await started();
    await expectRefusal(server, frameOf(authenticRequest(`${server.startId}.0`), otherKey).frame);
  });

  test('every request as long as there is no cluster key', async () => {
    const server = await started({ clusterKey: () => undefined });
    await expectRefusal(server, frameOf(authenticRequest(`${server.startId}.0`)).frame);
  });

  test('a request of which any part was changed on the way', async () => {
    const server = await started();
    const request = authenticRequest(`${server.startId}.0`);
    const changes = [
      { message: 'vote' },
      { body: '{"a":2}' },
      { senderNodeId: 3 },
      { senderStartId: 'sender-start-2' },
      { receiver: `${newStartId()}.0` },
      { sequence: 2 },
    ];
    for (const change of changes) {
      const forged = { ...request, ...change };
      const frame = encodeRequest(forged, forged.body);
      setSignature(frame, frameOf(request).signature);
      await expectRefusal(server, frame);
    }
  });

  test('the same request a second time', async () => {
    const server = await started();
    const request = authenticRequest(`${server.startId}.0`);
    expect((await sendSigned(server.peer.port, request))?.status).toBe(200);
    server.received.length = 0;
    await expectRefusal(server, frameOf(request).frame);
  });

  test.each([
    ['no start id', { senderStartId: 'short' }],
    ['no receiver', { receiver: 'nobody' }],
    ['no sequence number', { sequence: 0 }],
  ])('an authentic request with %s in it', async (_what, changes) => {
    const server = await started();
    await expectRefusal(server, frameOf(authenticRequest(`${server.startId}.0`, changes)).frame);
  });

  test('a frame that is too long, too short, or no request', async () => {
    const server = await started();
    const { frame } = frameOf(authenticRequest(`${server.startId}.0`));
    const reply = Buffer.from(frame);
    reply.writeUInt8(2, 4);
    await expectRefusal(server, reply);
    for (const length of [0, 36, 2 ** 21, 2 ** 32 - 1]) {
      const broken = Buffer.from(frame);
      broken.writeUInt32BE(length);
      await expectRefusal(server, broken);
    }
  });

  test('something that follows an authentic request and is none', async () => {
    const server = await started();
    const channel = await RawChannel.open(server.peer.port);
    channel.socket.write(frameOf(authenticRequest(`${server.startId}.0`)).frame);
    expect((await channel.next())?.status).toBe(200);
    channel.socket.write(Buffer.alloc(64));
    expect(await channel.next()).toBeUndefined();
  });
});

describe('the replay memory', () => {
  test('is emptied when full, and what was accepted before cannot be replayed afterwards', async () => {
    const { peer, startId, received } = await started({ maxSenders: 2 });
    const first = authenticRequest(`${startId}.0`, { senderStartId: 'sender-start-1' });
    expect((await sendSigned(peer.port, first))?.status).toBe(200);
    expect((await sendSigned(peer.port, { ...first, senderStartId: 'sender-start-2' }))?.status).toBe(200);
    const third = { ...first, senderStartId: 'sender-start-3' };
    const outdated = await sendSigned(peer.port, third);
    expect(outdated).toMatchObject({ status: 421, responder: `${startId}.1` });
    expect((await sendSigned(peer.port, { ...third, receiver: `${startId}.1` }))?.status).toBe(200);
    expect((await sendSigned(peer.port, first))?.status).toBe(421);
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
    expect((await sendSigned(port, authenticRequest(`${server.startId}.0`)))?.status).toBe(200);
    expect(server.lost).toEqual([]);
  });

  test('that is lost is reported, and the others are closed too', async () => {
    const server = await started({ listen: { hosts: ['127.0.0.1', '127.0.0.2'], port: 0 } });
    const listener = await listenerServing(() => sendHttp(server.peer.port, 'GET', '/v1/hello'));
    listener.close();
    await vi.waitFor(() => expect(server.lost).toHaveLength(1), { timeout: 5_000 });
    await expect(sendHttp(server.peer.port, 'GET', '/v1/hello')).rejects.toThrow('ECONNREFUSED');
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
    expect((await reply)?.body).toBe('"done"');
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
    await hasBegun;
    await server.server.stop();
    expect(await reply).toBeUndefined();
  });

  test('does not wait for connections without a request when it stops', async () => {
    const server = await started();
    const channel = await RawChannel.open(server.peer.port);
    const begunAtMs = performance.now();
    await server.server.stop();
    expect(performance.now() - begunAtMs).toBeLessThan(900);
    expect(await channel.next()).toBeUndefined();
  });
});

describe('a flood of strangers', () => {
  test('pushes out its own oldest connections, never one that has proved itself', async () => {
    const server = await started();
    const peer = await RawChannel.open(server.peer.port);
    peer.socket.write(frameOf(authenticRequest(`${server.startId}.0`)).frame);
    expect((await peer.next())?.status).toBe(200);

    const strangers: Socket[] = [];
    for (let count = 0; count < 80; count++) {
      const stranger = connect({ host: '127.0.0.1', port: server.peer.port });
      stranger.on('error', () => stranger.destroy());
      strangers.push(stranger);
      await connected(stranger);
      // Half of them get as far as they can without a key.
      if (count % 2 === 0) stranger.write(upgradeRequest);
    }
    await vi.waitFor(() => expect(strangers.filter((each) => each.closed)).toHaveLength(16), {
      timeout: 5_000,
    });
    expect(strangers.slice(0, 16).every((each) => each.closed)).toBe(true);
    expect(peer.isClosed).toBe(false);
    for (const socket of [peer.socket, ...strangers]) socket.destroy();
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
