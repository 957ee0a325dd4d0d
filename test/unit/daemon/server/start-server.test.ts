import { describe, expect, it } from 'vitest';
import { startServer } from '../../../../src/daemon/server/start-server.ts';
import { ConnectionFailed } from '../../../../src/domain/errors/repmgr-error.ts';
import type { Adapters } from '../../../../src/ports/adapters.ts';
import type { Connection, ConnectionFactory } from '../../../../src/ports/connection.ts';
import type { LocalServer, ProcessState } from '../../../../src/ports/local-server.ts';
import type { ServerInspector } from '../../../../src/ports/server-inspector.ts';
import { FakeClock } from '../../../fakes/fake-host.ts';
import { partialPort } from '../../../fakes/partial-port.ts';
import { daemonNode } from './daemon-node.ts';

const running: ProcessState = { kind: 'running', pid: 100, statusLine: 'starting' };
const absent: ProcessState = { kind: 'absent' };

/** A server that accepts connections from `acceptsFromMs` on and whose process is as `processAt` says. */
function start(options: { acceptsFromMs?: number; processAt: (nowMs: number) => ProcessState }) {
  const clock = new FakeClock();
  const connection = partialPort<Connection>('connection', { destroy: () => undefined });
  const { acceptsFromMs = Number.POSITIVE_INFINITY, processAt } = options;
  const adapters = partialPort<Adapters>('adapters', {
    clock,
    connections: partialPort<ConnectionFactory>('connections', {
      connect: async () => {
        if (clock.nowMs >= acceptsFromMs) return connection;
        throw new ConnectionFailed('refused');
      },
    }),
    inspector: partialPort<ServerInspector>('inspector', { recoveryState: async () => 'primary' }),
  });
  const localServer = partialPort<LocalServer>('localServer', {
    start: async () => undefined,
    processState: async () => processAt(clock.nowMs),
  });
  const { node } = daemonNode(adapters, localServer);
  const outcome = startServer(node, { timeoutMs: 60_000, signal: new AbortController().signal });
  return outcome.then((state) => ({ state, afterMs: clock.nowMs }));
}

describe('startServer', () => {
  it('says how the server answers as soon as it does', async () => {
    expect(await start({ acceptsFromMs: 700, processAt: () => running })).toEqual({
      state: 'primary',
      afterMs: 700,
    });
  });

  it('waits no longer for a server that has ended again', async () => {
    const processAt = (nowMs: number) => (nowMs > 50 && nowMs < 300 ? running : absent);
    expect(await start({ processAt })).toEqual({ state: 'ended', afterMs: 300 });
  });

  it('gives a slow host time to start the process at all, and not for ever', async () => {
    const slowly = (nowMs: number) => (nowMs > 3_000 ? running : absent);
    expect(await start({ acceptsFromMs: 4_000, processAt: slowly })).toMatchObject({ state: 'primary' });
    expect(await start({ processAt: () => absent })).toEqual({ state: 'ended', afterMs: 5_010 });
  });

  it('says so when a server that runs does not answer in time', async () => {
    expect(await start({ processAt: () => running })).toEqual({ state: 'silent', afterMs: 60_000 });
  });
});
