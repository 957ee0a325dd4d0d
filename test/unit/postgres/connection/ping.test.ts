import { afterEach, describe, expect, it } from 'vitest';
import { Cancelled } from '../../../../src/domain/errors/repmgr-error.ts';
import { createConnectionFactory } from '../../../../src/postgres/connection/create-connection-factory.ts';
import { answering, errorResponse, type FakeServer, startFakeServer } from './fake-server.ts';

const connections = createConnectionFactory();
const servers: FakeServer[] = [];

async function serverThat(...behaviour: Parameters<typeof startFakeServer>): Promise<FakeServer> {
  const server = await startFakeServer(...behaviour);
  servers.push(server);
  return server;
}

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.stop()));
});

const at = (...ports: number[]): string =>
  `host=${ports.map(() => '127.0.0.1').join()} port=${ports.join()} user=repmgr`;

const askForPassword = Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3]);

describe('ping', () => {
  it.each([
    ['an authentication request', askForPassword, 'ok'],
    ['an offer of another protocol version', Buffer.from([0x76, 0, 0, 0, 12, 0, 3, 0, 0, 0, 0, 0, 0]), 'ok'],
    ['the refusal of a login', errorResponse('28000'), 'ok'],
    ['too many connections', errorResponse('53300'), 'ok'],
    ['an unknown database', errorResponse('3D000'), 'ok'],
    ['a server that is starting', errorResponse('57P03'), 'reject'],
    ['an error without SQLSTATE', Buffer.from('Ecould not fork new process\n\0'), 'noResponse'],
    ['another protocol', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n'), 'noResponse'],
    ['an immediate end', Buffer.alloc(0), 'noResponse'],
  ] as const)('takes %s as it should', async (_, answer, expected) => {
    const { port } = await serverThat(answering(answer));
    await expect(connections.ping(at(port))).resolves.toBe(expected);
  });

  it('puts an answer together that comes in pieces', async () => {
    const answer = errorResponse('57P03');
    const { port } = await serverThat((socket) => {
      socket.once('data', () => {
        socket.write(answer.subarray(0, 3));
        setImmediate(() => socket.end(answer.subarray(3)));
      });
    });
    await expect(connections.ping(at(port))).resolves.toBe('reject');
  });

  it('gives up on a silent server in time', async () => {
    const { port } = await serverThat();
    const startedMs = performance.now();
    await expect(connections.ping(at(port), { timeoutMs: 100 })).resolves.toBe('noResponse');
    expect(performance.now() - startedMs).toBeLessThan(1_000);
  });

  it('asks the next server', async () => {
    const silent = await serverThat();
    const rejecting = await serverThat(answering(errorResponse('57P03')));
    const ready = await serverThat(answering(askForPassword));
    const options = { timeoutMs: 600 };
    await expect(connections.ping(at(silent.port, rejecting.port), options)).resolves.toBe('reject');
    await expect(connections.ping(at(rejecting.port, silent.port, ready.port), options)).resolves.toBe('ok');
  });

  it('makes no attempt with a conninfo that cannot be parsed', async () => {
    await expect(connections.ping('hots=x')).resolves.toBe('noAttempt');
    await expect(connections.ping('port=x')).resolves.toBe('noAttempt');
  });

  it('is cancelled by its signal', async () => {
    const { port } = await serverThat();
    const signal = AbortSignal.abort(new Error('stop'));
    await expect(connections.ping(at(port), { signal })).rejects.toThrow(Cancelled);
  });
});
