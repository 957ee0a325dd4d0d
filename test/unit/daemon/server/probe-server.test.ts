import { describe, expect, it, vi } from 'vitest';
import { probeServer } from '../../../../src/daemon/server/probe-server.ts';
import { ConnectionFailed, QueryFailed } from '../../../../src/domain/errors/repmgr-error.ts';
import type { Adapters } from '../../../../src/ports/adapters.ts';
import type { Connection } from '../../../../src/ports/connection.ts';
import type { ServerInspector } from '../../../../src/ports/server-inspector.ts';
import { FakeClock } from '../../../fakes/fake-host.ts';
import { partialPort } from '../../../fakes/partial-port.ts';
import { daemonNode } from './daemon-node.ts';

const silence = new ConnectionFailed('no answer within 2000 ms', { isSilent: true });

/** A server that lets in as `connect` says and writes as `write` says. */
function server(connect: () => Promise<unknown>, write: () => Promise<null> = async () => null) {
  const clock = new FakeClock();
  const destroy = vi.fn();
  const connection = partialPort<Connection>('connection', { destroy });
  const attempts = vi.fn(async () => {
    await connect();
    return connection;
  });
  const { node } = daemonNode(
    partialPort<Adapters>('adapters', {
      clock,
      connections: { connect: attempts, ping: () => Promise.reject(new Error('not asked')) },
      inspector: partialPort<ServerInspector>('inspector', {
        prepareWalMarks: async () => undefined,
        writeWalMark: write,
      }),
    }),
  );
  return { node, clock, destroy, attempts };
}

describe('probeServer', () => {
  it('writes over a connection of its own and leaves nothing open', async () => {
    const { node, destroy } = server(async () => undefined);
    expect(await probeServer(node, 3_000)).toMatchObject({ outcome: 'answered' });
    expect(destroy).toHaveBeenCalled();
  });

  it.each(['53300', '57P03', '28P01', '28000'])('takes SQLSTATE %s for a sign of life', async (sqlState) => {
    const { node } = server(() => Promise.reject(new ConnectionFailed('refused', { sqlState })));
    expect(await probeServer(node, 3_000)).toEqual({ outcome: 'refused', detail: 'refused' });
  });

  it('takes a refused write for one as well', async () => {
    const refused = new QueryFailed('permission denied', { sqlState: '42501' });
    const { node } = server(
      async () => undefined,
      () => Promise.reject(refused),
    );
    expect((await probeServer(node, 3_000)).outcome).toBe('refused');
  });

  it('has no opinion where the server was not reached at all', async () => {
    const { node } = server(() => Promise.reject(new ConnectionFailed('the host name is not known')));
    expect((await probeServer(node, 3_000)).outcome).toBe('unclear');
  });

  it('asks again until the time is over, as conninfo may allow each attempt less', async () => {
    const { node, clock, attempts } = server(async () => {
      clock.nowMs += 2_000;
      throw silence;
    });
    expect((await probeServer(node, 5_000)).outcome).toBe('silent');
    expect(attempts).toHaveBeenCalledTimes(3);
  });

  it('hears a server that answers late', async () => {
    let tries = 0;
    const { node, clock } = server(async () => {
      clock.nowMs += 1_000;
      tries += 1;
      if (tries < 3) throw silence;
    });
    expect((await probeServer(node, 5_000)).outcome).toBe('answered');
  });

  it('gives up a write that does not reach the disk', async () => {
    let giveUp = (): void => undefined;
    const { node, destroy } = server(
      async () => undefined,
      () =>
        new Promise((_, reject) => {
          giveUp = () => reject(new ConnectionFailed('closed'));
        }),
    );
    destroy.mockImplementation(() => giveUp());
    const result = await probeServer(node, 50);
    expect(result).toEqual({
      outcome: 'silent',
      detail: 'a new connection was opened, but no write reached the disk',
    });
  });
});
