import { afterEach, describe, expect, it } from 'vitest';
import type { RejoinEvidence, RejoinVerdict } from '../../../../src/decisions/rejoin/choose-rejoin-method.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';
import type { SystemIdentifier } from '../../../../src/domain/system-identifier.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';
import { followUpstream } from '../../../../src/operations/follow-upstream.ts';
import { settleCopies } from '../../../../src/operations/journal/settle-journal.ts';
import { settleWhileRunning } from '../../../../src/operations/journal/settle-while-running.ts';
import { finishReclone, recloneNode } from '../../../../src/operations/reclone-node.ts';
import { rejoinNode } from '../../../../src/operations/rejoin-node.ts';
import { isHalfRewound } from '../../../../src/operations/rewind-marker.ts';
import { resumeRewind } from '../../../../src/operations/rewind-node.ts';
import { type Content, InterruptedWorld, ownSlot } from '../../../fakes/interrupted-world.ts';
import { type Moment, Mortal } from '../../../fakes/mortal.ts';

const worlds: InterruptedWorld[] = [];

afterEach(() => {
  for (const world of worlds.splice(0)) world.remove();
});

function newWorld(content: Content | null): InterruptedWorld {
  const world = new InterruptedWorld(content);
  worlds.push(world);
  return world;
}

/** Hundreds of deaths on a machine that is busy with other things. */
const patience = { timeout: 60_000 };

type Operation = (world: InterruptedWorld, mortal: Mortal) => Promise<unknown>;

/** Right after a step is right before the next one. */
const moments: readonly Moment[] = ['before', 'midway'];

/** Runs the operation once for each step and moment, killing it there; returns how many deaths there were. */
async function killAtEachStep(
  operation: Operation,
  check: (world: InterruptedWorld, death: string) => Promise<void>,
  newOne: () => InterruptedWorld,
): Promise<number> {
  let deaths = 0;
  for (let step = 0; ; step += 1) {
    for (const moment of moments) {
      const mortal = new Mortal(step, moment);
      const world = newOne();
      await operation(world, mortal).catch(() => undefined);
      if (!mortal.isDead) return deaths;
      deaths += 1;
      await check(world, `${moment} step ${step} (${mortal.steps.join(' ')})`);
    }
  }
}

const evidence = (changes: Partial<RejoinEvidence['local']> = {}): RejoinEvidence => ({
  local: {
    systemIdentifier: '7' as SystemIdentifier,
    timeline: 1 as TimelineId,
    lsn: 0x5_002_000n as Lsn,
    history: [],
    majorVersion: 15,
    isHalfRewound: false,
    dataChecksums: true,
    walLogHints: false,
    isCleanlyShutDown: true,
    ...changes,
  },
  primary: {
    systemIdentifier: '7' as SystemIdentifier,
    timeline: 1 as TimelineId,
    lsn: 0x6_000_000n as Lsn,
    majorVersion: 15,
    fullPageWrites: true,
    history: [],
  },
  allowed: { rewind: true, reclone: true, crashRecovery: true },
  room: null,
});

const verdict = (method: RejoinVerdict['method']): RejoinVerdict => ({
  method,
  reason: 'pastFork',
  message: '',
  evidence: [],
  hint: null,
  fork: { timeline: 1 as TimelineId, lsn: 0x5_001_000n as Lsn },
});

const reclone: Operation = async (world, mortal) => {
  const context = world.process(mortal);
  const primary = await world.connected(2);
  const localServer = world.localServer(mortal);
  await recloneNode(context, { primary, localServer, evidence: evidence(), verdict: verdict('reclone') });
};

const rejoinByRewind: Operation = async (world, mortal) => {
  await rejoinNode(world.process(mortal), {
    primary: await world.connected(2),
    localServer: world.localServer(mortal),
    evidence: evidence(),
    verdict: verdict('rewind'),
    rewind: { configFiles: [], archiveRoot: `${world.data}.repmgr` },
    waitForAttachment: true,
  });
};

/** What the daemon does when it starts again and knows the primary. */
async function daemonReturns(world: InterruptedWorld): Promise<void> {
  const context = world.process();
  await settleCopies(context, { includesDirect: false });
  const local = world.localServer();
  if (world.isRunning && world.streamsFrom() === 2) {
    const { connection } = await world.connected(1);
    await settleWhileRunning(context, connection, { includesOwn: true });
    return;
  }
  if (world.isRunning) await local.stop({ mode: 'fast', wait: true, timeoutMs: 1 });
  const primary = await world.connected(2);
  const unproven = await settleCopies(context, { includesDirect: false });
  if (unproven !== undefined) return finishReclone(context, { primary, localServer: local, unproven });
  await resumeRewind(context, local);
  const content = world.contentOf();
  if (await isHalfRewound(context)) return void (await reclone(world, new Mortal()));
  if (content === 'diverged') return void (await reclone(world, new Mortal()));
  await followUpstream(context, {
    target: primary,
    primary,
    localServer: local,
    slotRoles: {},
    keepFormerSlot: false,
    attachTimeoutMs: 1_000,
  });
}

/** Nothing was lost: the old data are somewhere, or a copy that streams has taken their place. */
function expectNothingLost(world: InterruptedWorld, death: string): void {
  const places = world.besides().map((name) => world.contentOf(`${world.folder}/${name}`));
  const isProven = world.streamsFrom() === 2;
  const isKept = places.includes('diverged') || places.includes('mixture') || places.includes('rewound');
  expect(isKept || isProven, death).toBe(true);
}

async function expectHealed(world: InterruptedWorld, death: string): Promise<void> {
  expect(world.streamsFrom(), death).toBe(2);
  expect(world.besides(), death).toEqual(['data']);
  expect(world.journal(), death).toEqual([]);
  expect(world.slotsOn(2), death).toEqual([ownSlot]);
  expect(world.slotsOn(3), death).toEqual([]);
  expect(await isHalfRewound(world.process()), death).toBe(false);
}

describe('a re-clone that is killed', patience, () => {
  it('at any step is finished or taken back by the daemon that comes after it', async () => {
    const check = async (world: InterruptedWorld, death: string): Promise<void> => {
      expectNothingLost(world, death);
      await daemonReturns(world);
      await expectHealed(world, death);
      expect(world.contentOf(), death).toBe('copy');
    };
    expect(await killAtEachStep(reclone, check, () => newWorld('diverged'))).toBeGreaterThan(70);
  });

  it('at any step, and killed once more at any step of its recovery', async () => {
    const deaths = [24, 30];
    for (const first of deaths) {
      const second = async (world: InterruptedWorld, mortal: Mortal): Promise<void> => {
        await reclone(world, new Mortal(first, 'after')).catch(() => undefined);
        const context = world.process(mortal);
        const unproven = await settleCopies(context, { includesDirect: false });
        if (unproven === undefined) return;
        const primary = await world.connected(2);
        await finishReclone(context, { primary, localServer: world.localServer(mortal), unproven });
      };
      const check = async (world: InterruptedWorld, death: string): Promise<void> => {
        expectNothingLost(world, death);
        await daemonReturns(world);
        await expectHealed(world, `after step ${first}, then ${death}`);
      };
      await killAtEachStep(second, check, () => newWorld('diverged'));
    }
  });

  it('leaves nothing of a slot that it made when the daemon only takes it back', async () => {
    const check = async (world: InterruptedWorld, death: string): Promise<void> => {
      if (world.contentOf() !== 'diverged') return;
      if (world.besides().some((name) => name.includes('.old-'))) return;
      await settleCopies(world.process(), { includesDirect: false });
      expect(world.slotsOn(2), death).toEqual([]);
      expect(world.besides(), death).toEqual(['data']);
      expect(world.journal(), death).toEqual([]);
    };
    await killAtEachStep(reclone, check, () => newWorld('diverged'));
  });
});

describe('a rejoin by pg_rewind that is killed', patience, () => {
  it('at any step is finished by the daemon that comes after it, or replaced by a copy', async () => {
    const contents = new Set<Content | null>();
    const check = async (world: InterruptedWorld, death: string): Promise<void> => {
      expectNothingLost(world, death);
      const wasMixture = world.contentOf() === 'mixture';
      await daemonReturns(world);
      await expectHealed(world, death);
      contents.add(world.contentOf());
      if (wasMixture) expect(world.contentOf(), death).toBe('copy');
      const configuration = await world.process().adapters.files.readText(`${world.data}/postgresql.conf`);
      expect(configuration, death).toBe('port = 1');
    };
    expect(await killAtEachStep(rejoinByRewind, check, () => newWorld('diverged'))).toBeGreaterThan(40);
    expect(contents).toEqual(new Set(['copy', 'rewound']));
  });
});

describe('a follow that is killed', patience, () => {
  /** Node 1 streams from node 3, with its slot there, and is to follow node 2. */
  function following(): InterruptedWorld {
    const world = new InterruptedWorld('copy', { upstreamNodeId: 3 as never, slotName: ownSlot });
    worlds.push(world);
    world.isRunning = true;
    world.cluster.server(3).slots = [
      { slotName: ownSlot, slotType: 'physical', active: false, restartLsn: null, walStatus: null },
    ];
    return world;
  }

  const follow: Operation = async (world, mortal) => {
    const primary = await world.connected(2);
    await followUpstream(world.process(mortal), {
      target: primary,
      primary,
      localServer: world.localServer(mortal),
      slotRoles: {},
      keepFormerSlot: false,
      attachTimeoutMs: 1_000,
    });
  };

  const expectFollowing = (world: InterruptedWorld, death: string): void => {
    expect(world.streamsFrom(), death).toBe(2);
    expect(world.slotsOn(2), death).toEqual([ownSlot]);
    expect(world.slotsOn(3), death).toEqual([]);
    expect(world.journal(), death).toEqual([]);
  };

  it('is finished by running it again, and leaves no slot on the former upstream', async () => {
    const check = async (world: InterruptedWorld, death: string): Promise<void> => {
      await follow(world, new Mortal());
      expectFollowing(world, death);
    };
    expect(await killAtEachStep(follow, check, following)).toBeGreaterThan(20);
  });

  it('is finished by the daemon once the new configuration was written', async () => {
    const check = async (world: InterruptedWorld, death: string): Promise<void> => {
      const { connection } = await world.connected(1);
      const { mayNeedReload } = await settleWhileRunning(world.process(), connection, { includesOwn: true });
      const { adapters } = world.process();
      if (!(await adapters.files.exists(`${world.data}/standby.signal`))) return;
      if (mayNeedReload) await world.localServer().reload({ timeoutMs: 1 });
      await settleWhileRunning(world.process(), connection, { includesOwn: true });
      expectFollowing(world, death);
    };
    await killAtEachStep(follow, check, following);
  });

  it('and whose node is made to follow another one leaves no slot where it was to go', async () => {
    const world = following();
    await follow(world, new Mortal(8, 'after')).catch(() => undefined);
    expect(world.slotsOn(2)).toEqual([ownSlot]);
    const target = await world.connected(3);
    const primary = await world.connected(2);
    await followUpstream(world.process(), {
      target,
      primary,
      localServer: world.localServer(),
      slotRoles: {},
      keepFormerSlot: false,
      attachTimeoutMs: 1_000,
    });
    expect({ 2: world.slotsOn(2), 3: world.slotsOn(3) }).toEqual({ 2: [], 3: [ownSlot] });
    expect(world.journal()).toEqual([]);
  });
});
