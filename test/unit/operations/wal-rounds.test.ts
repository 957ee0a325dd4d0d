import { describe, expect, it } from 'vitest';
import type { Lsn } from '../../../src/domain/lsn.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import { WalRounds } from '../../../src/operations/wal-rounds.ts';
import type { Connection, ConnectionFactory } from '../../../src/ports/connection.ts';
import type { ReplicationRow, ServerInspector } from '../../../src/ports/server-inspector.ts';
import { FakeClock } from '../../fakes/fake-host.ts';
import { partialPort } from '../../fakes/partial-port.ts';

const standbys = new Map([
  ['node2', 2 as NodeId],
  ['node3', 3 as NodeId],
]);
const row = (applicationName: string, flushLsn: number | null): ReplicationRow => ({
  pid: 1,
  applicationName,
  state: 'streaming',
  flushLsn: flushLsn === null ? null : (BigInt(flushLsn) as Lsn),
  replayLsn: null,
  syncState: null,
});

interface World {
  /** What pg_stat_replication says at each look; the last for ever. */
  readonly looks: readonly (readonly ReplicationRow[])[];
  readonly marks?: () => Promise<Lsn | null>;
}

function play({ looks, marks = async () => 100n as Lsn }: World) {
  const clock = new FakeClock();
  const confirmed: string[] = [];
  const troubles: unknown[] = [];
  let connections = 0;
  let look = 0;
  const connection = partialPort<Connection>('Connection', { isOpen: () => true, destroy: () => undefined });
  const rounds = new WalRounds({
    adapters: {
      clock,
      connections: partialPort<ConnectionFactory>('ConnectionFactory', {
        connect: async () => {
          connections += 1;
          return connection;
        },
      }),
      inspector: partialPort<ServerInspector>('ServerInspector', {
        prepareWalMarks: async () => undefined,
        writeWalMark: marks,
        replicationRows: async () => {
          const rows = looks[Math.min(look, looks.length - 1)] ?? [];
          look += 1;
          return [...rows];
        },
      }),
    },
    conninfo: () => 'host=here',
    onTrouble: (error) => troubles.push(error),
  });
  const write = (sentAtMs: number) =>
    rounds.write({
      sentAtMs,
      standbys,
      timeoutMs: 200,
      onFlushed: (nodeId) => confirmed.push(`${nodeId} has ${sentAtMs} at ${clock.nowMs}`),
    });
  const settled = () => new Promise<void>((resolve) => setTimeout(resolve, 20));
  return { rounds, write, settled, confirmed, troubles, connections: () => connections };
}

describe('a round that goes by WAL', () => {
  it('is confirmed once by each standby that has flushed its record', async () => {
    const world = play({
      looks: [
        [row('node2', 99), row('node3', 100)],
        [row('node2', 120), row('node3', 120)],
      ],
    });
    world.write(0);
    await world.settled();
    expect(world.confirmed).toEqual(['3 has 0 at 0', '2 has 0 at 25']);
  });

  it('is not confirmed by two sessions of one name, by others, or by one that reports nothing', async () => {
    const world = play({
      looks: [[row('node2', 200), row('node2', 200), row('pg_receivewal', 200), row('node3', null)]],
    });
    world.write(0);
    await world.settled();
    expect(world.confirmed).toEqual([]);
  });

  it('is dropped while the record before is not on disk yet', async () => {
    let finish: (lsn: Lsn) => void = () => undefined;
    const hanging = new Promise<Lsn>((resolve) => {
      finish = resolve;
    });
    const world = play({ looks: [[row('node2', 100)]], marks: () => hanging });
    world.write(0);
    world.write(50);
    finish(100n as Lsn);
    await world.settled();
    expect(world.confirmed).toEqual(['2 has 0 at 0']);
  });

  it('begins with a new connection after trouble, and ends when closed', async () => {
    let isBroken = true;
    const world = play({
      looks: [[row('node2', 100), row('node3', 100)]],
      marks: async () => {
        if (isBroken) throw new Error('the disk is full');
        return 100n as Lsn;
      },
    });
    world.write(0);
    await world.settled();
    expect(world.troubles).toHaveLength(1);
    isBroken = false;
    world.write(60);
    await world.settled();
    expect(world.confirmed).toEqual(['2 has 60 at 0', '3 has 60 at 0']);
    expect(world.connections()).toBe(2);
    world.rounds.close();
    world.write(90);
    await world.settled();
    expect(world.confirmed).toHaveLength(2);
  });
});
