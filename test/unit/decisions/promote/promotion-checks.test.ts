import { describe, expect, it } from 'vitest';
import {
  choosePromotionMethod,
  type Follower,
  type PromotionFacts,
  promotionObstacles,
} from '../../../../src/decisions/promote/promotion-checks.ts';
import { type Lsn, parseLsn } from '../../../../src/domain/lsn.ts';
import type { NodeId, NodeRecord } from '../../../../src/domain/node.ts';

const at = (text: string): Lsn => parseLsn(text) as Lsn;

function node(nodeId: number, changes: Partial<NodeRecord> = {}): NodeRecord {
  return {
    nodeId: nodeId as NodeId,
    upstreamNodeId: 1 as NodeId,
    active: true,
    nodeName: `node${nodeId}`,
    type: 'standby',
    location: 'default',
    priority: 100,
    conninfo: `host=node${nodeId}`,
    replicationUser: 'repmgr',
    slotName: `repmgr_slot_${nodeId}`,
    configFile: '/etc/repmgr.conf',
    ...changes,
  };
}

const follower = (nodeId: number, isReachable = true, changes: Partial<NodeRecord> = {}): Follower => ({
  node: node(nodeId, changes),
  isReachable,
});

const replaying = {
  isPaused: false,
  isStreaming: true,
  receivedLsn: at('0/5000'),
  replayedLsn: at('0/5000'),
};

function facts(changes: Partial<PromotionFacts> = {}): PromotionFacts {
  return {
    serverVersionNum: 150018,
    replay: replaying,
    livePrimary: null,
    walSenders: { limit: 10, inUse: 0 },
    slots: { limit: 10, active: 0 },
    followers: [],
    ...changes,
  };
}

describe('promotionObstacles', () => {
  it('lets a standby without primary be promoted', () => {
    expect(promotionObstacles(facts())).toEqual([]);
  });

  it('refuses while a primary lives, with or without force', () => {
    const [obstacle, ...others] = promotionObstacles(facts({ livePrimary: node(1) }));
    expect(others).toEqual([]);
    expect(obstacle).toMatchObject({ exit: 'PROMOTION_FAIL', canBeForced: false });
    expect(obstacle?.message).toContain('node "node1" (ID: 1)');
    expect(obstacle?.hint).toContain('node rejoin');
  });

  it('names everything at once', () => {
    const all = promotionObstacles(
      facts({
        livePrimary: node(1),
        followers: [follower(3, false), follower(4)],
        walSenders: { limit: 1, inUse: 1 },
        slots: { limit: 1, active: 1 },
      }),
    );
    expect(all.map(({ exit }) => exit)).toEqual(['PROMOTION_FAIL', 'BAD_CONFIG', 'BAD_CONFIG', 'BAD_CONFIG']);
  });
});

describe('promotionObstacles and paused replay', () => {
  const behind = { receivedLsn: at('0/6000'), replayedLsn: at('0/5000') };

  it.each([
    ['12, not paused', 120022, replaying, 0],
    ['12, paused, streaming, all replayed', 120022, { ...replaying, isPaused: true }, 0],
    ['12, paused, streaming, behind', 120022, { ...replaying, ...behind, isPaused: true }, 1],
    ['12, paused, not streaming', 120022, { ...replaying, isStreaming: false, isPaused: true }, 1],
    ['12, paused, nothing received', 120022, { ...replaying, receivedLsn: null, isPaused: true }, 1],
    ['13, paused, behind', 130000, { ...replaying, ...behind, isPaused: true }, 0],
  ])('%s', (_, serverVersionNum, replay, count) => {
    const obstacles = promotionObstacles(facts({ serverVersionNum, replay }));
    expect(obstacles).toHaveLength(count);
    for (const obstacle of obstacles) {
      expect(obstacle).toMatchObject({ exit: 'PROMOTION_FAIL', canBeForced: false });
    }
  });
});

describe('promotionObstacles and siblings', () => {
  it('needs a WAL sender for each that can be reached', () => {
    const followers = [follower(3), follower(4), follower(5, false)];
    const enough = facts({ followers, walSenders: { limit: 4, inUse: 2 } });
    expect(promotionObstacles(enough).map(({ message }) => message)).toEqual([
      expect.stringContaining('not reachable over SSH: node "node5"'),
    ]);
    const short = promotionObstacles(facts({ followers, walSenders: { limit: 4, inUse: 3 } }));
    expect(short.at(-1)?.message).toBe('2 free WAL senders are needed for the siblings, but 1 of 4 are free');
  });

  it('needs a slot for each that has one', () => {
    const followers = [follower(3), follower(4, true, { slotName: null })];
    expect(promotionObstacles(facts({ followers, slots: { limit: 1, active: 0 } }))).toEqual([]);
    expect(promotionObstacles(facts({ followers, slots: { limit: 1, active: 1 } }))).toHaveLength(1);
  });

  it('needs neither for a witness', () => {
    const followers = [follower(3, true, { type: 'witness' })];
    const full = { walSenders: { limit: 1, inUse: 1 }, slots: { limit: 0, active: 0 } };
    expect(promotionObstacles(facts({ followers, ...full }))).toEqual([]);
  });

  it('lets all of these be forced', () => {
    const obstacles = promotionObstacles(
      facts({
        followers: [follower(3, false), follower(4)],
        walSenders: { limit: 0, inUse: 0 },
        slots: { limit: 0, active: 0 },
      }),
    );
    expect(obstacles).toHaveLength(3);
    expect(obstacles.every(({ canBeForced, exit }) => canBeForced && exit === 'BAD_CONFIG')).toBe(true);
  });

  it('never counts less than none free', () => {
    const [obstacle] = promotionObstacles(
      facts({ followers: [follower(3)], walSenders: { limit: 2, inUse: 5 } }),
    );
    expect(obstacle?.message).toContain('but 0 of 2 are free');
  });
});

describe('choosePromotionMethod', () => {
  it.each([
    [{ hasServiceCommand: true, mayPromote: true }, 'serviceCommand'],
    [{ hasServiceCommand: true, mayPromote: false }, 'serviceCommand'],
    [{ hasServiceCommand: false, mayPromote: true }, 'pg_promote'],
    [{ hasServiceCommand: false, mayPromote: false }, 'pg_ctl'],
  ])('%j: %s', (input, method) => {
    expect(choosePromotionMethod(input)).toBe(method);
  });
});
