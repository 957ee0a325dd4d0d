import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { CommandContext } from '../../../../../src/cli/command.ts';
import { cloneFromSource } from '../../../../../src/cli/commands/standby/clone/clone-from-source.ts';
import type { PreparedClone } from '../../../../../src/cli/commands/standby/clone/gather-clone.ts';
import { createOutput } from '../../../../../src/cli/output/output.ts';
import { parseBasebackupOptions } from '../../../../../src/decisions/clone/basebackup-options.ts';
import { judgeTargetDirectory } from '../../../../../src/decisions/clone/target-directory.ts';
import { guardDirectories } from '../../../../../src/operations/guard-directories.ts';
import { settleCopies } from '../../../../../src/operations/journal/settle-journal.ts';
import { type Content, InterruptedWorld, ownSlot } from '../../../../fakes/interrupted-world.ts';
import { type Moment, Mortal } from '../../../../fakes/mortal.ts';

const worlds: InterruptedWorld[] = [];

afterEach(() => {
  for (const world of worlds.splice(0)) world.remove();
});

type Kind = 'create' | 'use' | 'replace';

function newWorld(kind: Kind): InterruptedWorld {
  const content: Content | null = kind === 'replace' ? 'diverged' : null;
  const world = new InterruptedWorld(content);
  if (kind === 'use') mkdirSync(world.data);
  worlds.push(world);
  return world;
}

/** What `standby clone --force` does once everything is known and checked. */
async function clone(world: InterruptedWorld, mortal = new Mortal()): Promise<void> {
  const sink = { write: () => {}, isTerminal: false, columns: undefined, hasColour: false };
  const context = {
    ...world.process(mortal),
    options: { 'dry-run': false, 'verify-backup': false, force: true, 'fast-checkpoint': true },
    given: new Set(),
    positionals: [],
    connectionParameters: new Map([['host', 'node2']]),
    out: createOutput(sink),
  } as unknown as CommandContext;
  await settleCopies(context, { includesDirect: true });
  const { node, connection } = await world.connected(2);
  const { files } = context.adapters;
  const verdict = judgeTargetDirectory(world.data, await files.inspectDataDirectory(world.data), {
    force: true,
  });
  const prepared = {
    connection,
    target: world.data,
    verdict,
    usesSlots: true,
    guarded: await guardDirectories(files, [join(world.folder, 'tablespace')]),
    externalCopy: null,
    basebackup: parseBasebackupOptions(''),
    checks: [],
    source: {
      facts: { upstream: node, settings: new Map(), serverVersionNum: 150_000 },
      slotRoles: {},
      replicationUser: 'repmgr',
      primary: connection,
    },
  } as unknown as PreparedClone;
  await cloneFromSource(context, prepared);
}

describe.each(['create', 'use', 'replace'] as const)(
  'standby clone (%s) that is killed',
  { timeout: 60_000 },
  (kind) => {
    it('at any step is finished or taken back by running it again', async () => {
      let deaths = 0;
      for (let step = 0; ; step += 1) {
        let isOver = false;
        for (const moment of ['before', 'midway'] as const satisfies Moment[]) {
          const mortal = new Mortal(step, moment);
          const world = newWorld(kind);
          await clone(world, mortal).catch(() => undefined);
          isOver = !mortal.isDead;
          if (isOver) break;
          deaths += 1;
          const death = `${moment} step ${step} (${mortal.steps.join(' ')})`;
          const contents = world.besides().map((name) => world.contentOf(join(world.folder, name)));
          if (kind === 'replace')
            expect(contents.includes('diverged') || contents.includes('copy')).toBe(true);
          await clone(world);
          expect(world.contentOf(), death).toBe('copy');
          expect(world.besides(), death).toEqual(['data']);
          expect(world.journal(), death).toEqual([]);
          expect(world.slotsOn(2), death).toEqual([ownSlot]);
        }
        if (isOver) break;
      }
      expect(deaths).toBeGreaterThan(20);
    });
  },
);

describe('what a killed clone has left', () => {
  /** Killed while pg_basebackup ran. */
  async function killed(kind: Kind): Promise<InterruptedWorld> {
    const world = newWorld(kind);
    await clone(world, new Mortal('basebackup', 'midway')).catch(() => undefined);
    expect(world.contentOf()).toBe('half a copy');
    return world;
  }

  const settle = (world: InterruptedWorld) => settleCopies(world.process(), { includesDirect: true });

  it('goes with its slot', async () => {
    const world = await killed('create');
    await settle(world);
    expect(world.besides()).toEqual([]);
    expect(world.slotsOn(2)).toEqual([]);
  });

  it('is left to the next clone by a daemon', async () => {
    const world = await killed('create');
    await settleCopies(world.process(), { includesDirect: false });
    expect(world.contentOf()).toBe('half a copy');
  });

  it('stays when a server was started in it since', async () => {
    const world = await killed('use');
    writeFileSync(join(world.data, 'postmaster.opts'), '');
    await settle(world);
    expect(world.contentOf()).toBe('half a copy');
    expect(world.journal()).toEqual([]);
  });

  it('stays when another directory has taken its place', async () => {
    const world = await killed('create');
    const { files } = world.process().adapters;
    await files.renameDurably(world.data, join(world.folder, 'elsewhere'));
    world.fill(world.data, 'diverged', '');
    await settle(world);
    expect(world.contentOf()).toBe('diverged');
  });
});
