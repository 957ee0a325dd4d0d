import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { encodeReply, encodeRequest } from '../../../src/peers/frames.ts';
import {
  type Answering,
  type ChannelLimits,
  channelLimits,
  ServedChannel,
} from '../../../src/peers/served-channel.ts';
import { startTcpServer } from './peer-fixtures.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(closers.splice(0).map((close) => close()));
});

const fields = { senderNodeId: 1, senderStartId: 'sender-start', receiver: 'receiver-start.0', sequence: 1 };
const request = encodeRequest({ ...fields, message: 'status' }, '{}');
const reply = encodeReply(0, { status: 200, responderNodeId: 2, responder: 'receiver-start.0' }, '{}');
const echo: Answering = () => Promise.resolve(reply);

interface Served {
  readonly client: Socket;
  readonly server: Socket;
  readonly channel: ServedChannel;
  readonly proven: () => number;
  readonly receivedBytes: () => number;
}

/** A connection whose server end is a channel. */
async function serve(answer: Answering, limits: Partial<ChannelLimits> = {}): Promise<Served> {
  let proven = 0;
  let receivedBytes = 0;
  let accept: (accepted: Pick<Served, 'server' | 'channel'>) => void = () => undefined;
  const accepted = new Promise<Pick<Served, 'server' | 'channel'>>((resolve) => {
    accept = resolve;
  });
  const server = await startTcpServer((socket) => {
    const on = { answer, proven: () => (proven += 1) };
    accept({ server: socket, channel: new ServedChannel(socket, on, { ...channelLimits, ...limits }) });
  });
  closers.push(server.close);
  const client = connect({ host: '127.0.0.1', port: server.port });
  client.on('error', () => client.destroy());
  client.on('data', (chunk) => (receivedBytes += chunk.length));
  return { client, ...(await accepted), proven: () => proven, receivedBytes: () => receivedBytes };
}

function closed({ client }: Served): Promise<void> {
  return vi.waitFor(() => expect(client.closed).toBe(true), { timeout: 2_000 });
}

function answered(served: Served, replies: number): Promise<void> {
  const bytes = replies * reply.length;
  return vi.waitFor(() => expect(served.receivedBytes()).toBe(bytes), { timeout: 2_000 });
}

describe('a served connection', () => {
  test('is closed when it says nothing at first', async () => {
    await closed(await serve(echo, { unprovenMs: 40 }));
  });

  test('lives longer once it has proved itself, and is closed when it is not used', async () => {
    const served = await serve(echo, { unprovenMs: 30, idleMs: 200 });
    const begunAtMs = performance.now();
    served.client.write(request);
    await answered(served, 1);
    expect(served.proven()).toBe(1);
    await closed(served);
    expect(performance.now() - begunAtMs).toBeGreaterThan(190);
  });

  test('is not idle while a request is under way', async () => {
    let finish: () => void = () => undefined;
    const served = await serve(
      () =>
        new Promise((resolve) => {
          finish = () => resolve(reply);
        }),
      { unprovenMs: 20, idleMs: 20 },
    );
    served.client.write(request);
    await vi.waitFor(() => expect(served.proven()).toBe(1));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(served.client.closed).toBe(false);
    finish();
    await answered(served, 1);
    await closed(served);
  });

  test('is closed when a frame does not get finished, however steadily it drips', async () => {
    const served = await serve(echo, { incompleteMs: 80 });
    let at = 0;
    const drip = setInterval(() => served.client.write(request.subarray(at, ++at)), 5);
    await closed(served);
    clearInterval(drip);
    expect(at).toBeLessThan(request.length);
    expect(served.proven()).toBe(0);
  });

  test('has the whole time again for each frame', async () => {
    const served = await serve(echo, { incompleteMs: 100 });
    const [head, tail] = [request.subarray(0, 20), request.subarray(20)];
    served.client.write(head);
    for (let count = 1; count <= 5; count++) {
      await new Promise((resolve) => setTimeout(resolve, 40));
      served.client.write(Buffer.concat([tail, head]));
      await answered(served, count);
    }
    await closed(served);
  });

  test('is closed for a frame that is not authentic', async () => {
    const served = await serve(() => undefined);
    served.client.write(request);
    await closed(served);
    expect([served.proven(), served.receivedBytes()]).toEqual([0, 0]);
  });

  test('is not read while too much is under way, and read on afterwards', async () => {
    const gates: (() => void)[] = [];
    const served = await serve(() => new Promise((resolve) => gates.push(() => resolve(reply))), {
      maxUnderway: 4,
    });
    // More than the buffers of both kernels take, so that not reading is seen here.
    const big = encodeRequest({ ...fields, message: 'status' }, 'x'.repeat(500_000));
    const count = 40;
    for (let sent = 0; sent < count; sent++) served.client.write(big);
    await vi.waitFor(() => expect(served.server.isPaused()).toBe(true));
    expect(gates.length).toBeLessThan(8);
    expect(served.client.writableLength).toBeGreaterThan(0);
    for (let opened = 0; opened < count; opened++) {
      await vi.waitFor(() => expect(gates.length).toBeGreaterThan(opened), { timeout: 2_000 });
      gates[opened]?.();
    }
    await answered(served, count);
  });

  test('that is to finish answers what is under way and takes nothing more', async () => {
    const gates: (() => void)[] = [];
    const served = await serve(() => new Promise((resolve) => gates.push(() => resolve(reply))));
    served.client.write(request);
    await vi.waitFor(() => expect(gates).toHaveLength(1));
    served.channel.finish();
    served.client.write(request);
    await new Promise((resolve) => setTimeout(resolve, 20));
    gates[0]?.();
    await closed(served);
    expect([gates.length, served.receivedBytes()]).toEqual([1, reply.length]);
  });

  test('is closed when nobody takes its replies', async () => {
    const big = encodeReply(0, { status: 200, responderNodeId: 2, responder: 'r' }, 'x'.repeat(1_000_000));
    const served = await serve(() => Promise.resolve(big), { idleMs: 100 });
    served.client.pause();
    for (let sent = 0; sent < 50; sent++) served.client.write(request);
    await vi.waitFor(() => expect(served.server.destroyed).toBe(true), { timeout: 5_000 });
    served.client.destroy();
  });
});
