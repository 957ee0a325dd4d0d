import { afterEach, describe, expect, it } from 'vitest';
import {
  Cancelled,
  ConfigurationError,
  ConnectionFailed,
} from '../../../../src/domain/errors/repmgr-error.ts';
import { createConnectionFactory } from '../../../../src/postgres/connection/create-connection-factory.ts';
import { answering, errorResponse, type FakeServer, startFakeServer } from './fake-server.ts';

const connections = createConnectionFactory({
  environment: {
    variables: {},
    homeDirectory: '/nonexistent',
    osUser: 'me',
    socketDirectory: '/nonexistent',
    systemDirectory: '/nonexistent',
  },
});
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
  `host=${ports.map(() => '127.0.0.1').join()} port=${ports.join()} user=repmgr dbname=repmgr`;

async function failureOf(attempt: Promise<unknown>): Promise<ConnectionFailed> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectionFailed);
  return error as ConnectionFailed;
}

describe('connect', () => {
  it.each(['disable', 'prefer', 'require'])(
    'gives up on a silent server in time (sslmode=%s)',
    async (sslmode) => {
      const { port, accepted } = await serverThat();
      const startedMs = performance.now();
      const failure = await failureOf(
        connections.connect(`${at(port)} sslmode=${sslmode}`, { timeoutMs: 150 }),
      );
      expect(performance.now() - startedMs).toBeLessThan(1_000);
      expect(failure.message).toContain('no answer within 150 ms');
      expect(failure.hint).toContain('whether the server there hangs');
      expect(failure.facts).toMatchObject({ host: '127.0.0.1', port, user: 'repmgr', dbname: 'repmgr' });
      expect(accepted).toHaveLength(1);
    },
  );

  it('waits two seconds for a server unless told otherwise, and connect_timeout where given', async () => {
    const { port } = await serverThat();
    const startedMs = performance.now();
    await failureOf(connections.connect(`${at(port)} connect_timeout=1`));
    expect(performance.now() - startedMs).toBeGreaterThan(950);
    await failureOf(connections.connect(at(port)));
    expect(performance.now() - startedMs).toBeGreaterThan(2_900);
    expect(performance.now() - startedMs).toBeLessThan(4_500);
  });

  it('names the address where there is no host name', async () => {
    const failure = await failureOf(connections.connect('hostaddr=127.0.0.1 port=1 user=repmgr'));
    expect(failure.message).toContain('"127.0.0.1"');
    expect(failure.hint).toContain('"127.0.0.1"');
  });

  it('leaves each of several silent servers its share of the time', async () => {
    const [first, second] = [await serverThat(), await serverThat()];
    const failure = await failureOf(connections.connect(at(first.port, second.port), { timeoutMs: 300 }));
    expect(second.accepted).toHaveLength(1);
    expect(failure.message).toContain('none of 2 attempts');
    expect(failure.detail).toContain(String(first.port));
    expect(failure.detail).toContain(String(second.port));
  });

  it('goes on to the next server when one is starting, but not when a login is refused', async () => {
    const starting = await serverThat(answering(errorResponse('57P03', 'starting up')));
    const refusing = await serverThat(answering(errorResponse('28P01', 'wrong password')));
    const unused = await serverThat();
    const conninfo = `${at(starting.port, refusing.port, unused.port)} sslmode=disable`;
    const failure = await failureOf(connections.connect(conninfo));
    expect(failure.sqlState).toBe('28P01');
    expect(failure.hint).toContain('/nonexistent/.pgpass');
    expect(unused.accepted).toHaveLength(0);
  });

  it('asks for TLS and goes on without it only if it may', async () => {
    const declining = await serverThat((socket) => {
      socket.once('data', () => {
        socket.once('data', () => socket.end(errorResponse('3D000', 'no such database')));
        socket.write('N');
      });
    });
    const preferred = await failureOf(connections.connect(`${at(declining.port)} sslmode=prefer`));
    expect(preferred.sqlState).toBe('3D000');
    expect(declining.accepted).toHaveLength(1);
    const required = await failureOf(connections.connect(`${at(declining.port)} sslmode=require`));
    expect(required.message).toContain('does not support TLS');
  });

  it('distrusts data that comes before the encryption', async () => {
    const { port } = await serverThat((socket) => {
      socket.once('data', () => socket.write(Buffer.from('S smuggled')));
    });
    const failure = await failureOf(connections.connect(`${at(port)} sslmode=require`));
    expect(failure.message).toContain('unencrypted data');
  });

  it('tells of a server that hangs up', async () => {
    const { port } = await serverThat((socket) => socket.destroy());
    const failure = await failureOf(connections.connect(`${at(port)} sslmode=disable`));
    expect(failure.message).toContain('closed the connection');
  });

  it('tells who listens to nobody', async () => {
    const stopped = await startFakeServer();
    await stopped.stop();
    const failure = await failureOf(connections.connect(at(stopped.port)));
    expect(failure.message).toContain('connection refused');
    expect(failure.hint).toContain(`listens on port ${stopped.port}`);
    const socket = await failureOf(connections.connect('host=/nonexistent port=1'));
    expect(socket.message).toContain('server on socket "/nonexistent/.s.PGSQL.1"');
    const name = await failureOf(connections.connect('host=no-such-host.invalid'));
    expect(name.hint).toContain('name resolution');
  });

  it('is cancelled by its signal and leaves no socket behind', async () => {
    const { port, accepted } = await serverThat();
    const controller = new AbortController();
    const attempt = connections.connect(`${at(port)} sslmode=disable`, { signal: controller.signal });
    const closed = expect(attempt).rejects.toThrow(Cancelled);
    await expect.poll(() => accepted.length).toBe(1);
    controller.abort(new Error('no longer wanted'));
    await closed;
    await expect.poll(() => accepted[0]?.closed).toBe(true);
  });

  it('refuses a conninfo that is wrong', async () => {
    await expect(connections.connect('hots=x')).rejects.toThrow(ConfigurationError);
    await expect(connections.connect('gssencmode=require')).rejects.toThrow(ConfigurationError);
    await expect(connections.connect(`${at(1)} sslmode=verify-full`)).rejects.toThrow(ConnectionFailed);
  });

  it('refuses to verify a certificate without a root certificate', async () => {
    const { port } = await serverThat();
    await expect(connections.connect(`${at(port)} sslmode=verify-full`)).rejects.toThrow(
      'root certificate file "/nonexistent/.postgresql/root.crt" does not exist',
    );
  });
});
