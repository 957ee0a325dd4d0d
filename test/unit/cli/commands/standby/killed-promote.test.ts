import { describe, expect, it } from 'vitest';
import type { Adapters } from '../../../../../src/ports/adapters.ts';
import type { LocalServer } from '../../../../../src/ports/local-server.ts';
import { FakeCluster, nodeRecord } from '../../../../fakes/fake-cluster.ts';
import { Mortal } from '../../../../fakes/mortal.ts';
import { partialPort } from '../../../../fakes/partial-port.ts';
import { runRepmgr } from '../../../../fakes/run-repmgr.ts';

/** Node 1, the primary, is gone; node 2 is to be promoted. */
function newWorld(): FakeCluster {
  const world = new FakeCluster([nodeRecord(1), nodeRecord(2)]);
  world.server(1).state = 'down';
  return world;
}

const journal = (world: FakeCluster): string[] =>
  [...world.files.keys()].filter((path) => path.includes('/journal/'));

/** A world whose local process can be killed. */
function mortalAdapters(world: FakeCluster, base: Adapters, mortal: Mortal): Adapters {
  const server = world.server(2);
  return {
    ...base,
    clock: mortal.wrap(base.clock, []),
    files: mortal.wrap(base.files, ['writeDurably', 'removeFile']),
    inspector: mortal.wrap(
      {
        ...base.inspector,
        mayPromote: async () => true,
        promote: async () => {
          server.recoveryState = 'primary';
        },
      },
      ['promote'],
    ),
    metadata: mortal.wrap(
      {
        ...base.metadata,
        recordPromotion: async (_, nodeId) => {
          world.change(1, { active: false });
          world.change(nodeId, { type: 'primary', upstreamNodeId: null, active: true });
        },
      },
      ['recordPromotion', 'insertEvent'],
    ),
    localServer: () =>
      partialPort<LocalServer>('LocalServer', {
        hasServiceCommand: () => false,
        describe: (action) => `pg_ctl ${action}`,
      }),
  };
}

async function promote(world: FakeCluster, mortal = new Mortal()): Promise<number> {
  const base = world.adapters();
  const mortalWorld = Object.create(world, {
    adapters: { value: () => mortalAdapters(world, base, mortal) },
  }) as FakeCluster;
  return (await runRepmgr(mortalWorld, 'standby promote', { nodeId: 2 })).status;
}

describe('standby promote that is killed', () => {
  it('at any step is finished by running it again', async () => {
    let deaths = 0;
    for (let step = 0; ; step += 1) {
      const mortal = new Mortal(step);
      const world = newWorld();
      await promote(world, mortal);
      if (!mortal.isDead) break;
      deaths += 1;
      const death = `before step ${step} (${mortal.steps.join(' ')})`;
      expect(await promote(world), death).toBe(0);
      expect(world.server(2).recoveryState, death).toBe('primary');
      expect(world.node(2), death).toMatchObject({ type: 'primary', active: true });
      expect(journal(world), death).toEqual([]);
    }
    expect(deaths).toBeGreaterThanOrEqual(5);
  });

  it('resumes nothing where no promotion was interrupted', async () => {
    const world = newWorld();
    expect(await promote(world)).toBe(0);
    expect(journal(world)).toEqual([]);
    expect(await promote(world)).toBe(8);
  });
});
