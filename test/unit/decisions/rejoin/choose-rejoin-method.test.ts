import { describe, expect, it } from 'vitest';
import {
  chooseRejoinMethod,
  type RejoinEvidence,
} from '../../../../src/decisions/rejoin/choose-rejoin-method.ts';
import { type Lsn, parseLsn } from '../../../../src/domain/lsn.ts';
import type { NodeId } from '../../../../src/domain/node.ts';
import type { Reign } from '../../../../src/domain/reign.ts';
import type { SystemIdentifier } from '../../../../src/domain/system-identifier.ts';
import type { TimelineId } from '../../../../src/domain/timeline.ts';

const at = (text: string): Lsn => parseLsn(text) as Lsn;
const system = '77' as SystemIdentifier;
const first = 1 as TimelineId;
const second = 2 as TimelineId;

type Changes = {
  local?: Partial<RejoinEvidence['local']>;
  primary?: Partial<RejoinEvidence['primary']>;
  allowed?: Partial<RejoinEvidence['allowed']>;
  room?: RejoinEvidence['room'];
  reigns?: RejoinEvidence['reigns'];
};

/** A former primary on timeline 1, cleanly stopped before the fork at 0/5000; rewind allowed, reclone not. */
function evidence(changes: Changes = {}): RejoinEvidence {
  return {
    local: {
      systemIdentifier: system,
      timeline: first,
      lsn: at('0/4000'),
      history: [],
      majorVersion: 15,
      isCleanlyShutDown: true,
      isHalfRewound: false,
      dataChecksums: true,
      walLogHints: false,
      ...changes.local,
    },
    primary: {
      systemIdentifier: system,
      timeline: second,
      lsn: at('0/9000'),
      history: [{ timeline: first, switchpoint: at('0/5000') }],
      majorVersion: 15,
      fullPageWrites: true,
      ...changes.primary,
    },
    allowed: { rewind: true, reclone: false, crashRecovery: true, ...changes.allowed },
    room: changes.room ?? null,
    ...(changes.reigns === undefined ? {} : { reigns: changes.reigns }),
  };
}

const diverged = { lsn: at('0/5100') };
const recloneToo = { reclone: true };

describe('chooseRejoinMethod streams', () => {
  it('when the node stopped before the fork', () => {
    expect(chooseRejoinMethod(evidence())).toMatchObject({
      method: 'stream',
      reason: 'beforeFork',
      hint: null,
    });
  });

  it('even when a rewind is allowed: it is run only where it is needed', () => {
    expect(chooseRejoinMethod(evidence({ allowed: { rewind: true } })).method).toBe('stream');
  });

  it('when a crashed node holds nothing past the fork and crash recovery is allowed', () => {
    expect(chooseRejoinMethod(evidence({ local: { isCleanlyShutDown: false } })).method).toBe('stream');
  });

  it('without being able to rewind, as it need not', () => {
    const verdict = chooseRejoinMethod(
      evidence({ local: { dataChecksums: false }, primary: { fullPageWrites: false } }),
    );
    expect(verdict.method).toBe('stream');
  });

  it('but not from a crashed node when crash recovery is not allowed', () => {
    const verdict = chooseRejoinMethod(
      evidence({ local: { isCleanlyShutDown: false }, allowed: { crashRecovery: false, rewind: false } }),
    );
    expect(verdict).toMatchObject({ method: 'impossible', reason: 'unclean' });
    expect(verdict.hint).toContain('--force-rewind');
  });
});

describe('chooseRejoinMethod rewinds', () => {
  it('a node that wrote past the fork', () => {
    expect(chooseRejoinMethod(evidence({ local: diverged }))).toMatchObject({
      method: 'rewind',
      reason: 'pastFork',
      fork: { timeline: 1, lsn: at('0/5000') },
    });
  });

  it('a crashed node from PostgreSQL 13 on', () => {
    const local = { ...diverged, isCleanlyShutDown: false };
    expect(chooseRejoinMethod(evidence({ local })).method).toBe('rewind');
  });

  it('with wal_log_hints in place of checksums', () => {
    const local = { ...diverged, dataChecksums: false, walLogHints: true };
    expect(chooseRejoinMethod(evidence({ local })).method).toBe('rewind');
  });

  it('when full_page_writes could not be read', () => {
    expect(chooseRejoinMethod(evidence({ local: diverged, primary: { fullPageWrites: null } })).method).toBe(
      'rewind',
    );
  });

  it('a node promoted on its own while the cluster stayed on the old timeline', () => {
    const local = {
      timeline: second,
      lsn: at('0/5100'),
      history: [{ timeline: first, switchpoint: at('0/5000') }],
    };
    const verdict = chooseRejoinMethod(evidence({ local, primary: { timeline: first, history: [] } }));
    expect(verdict).toMatchObject({ method: 'rewind', reason: 'upstreamOnOlderTimeline' });
  });

  it('a node whose end of WAL is unknown, where the fork is known', () => {
    expect(chooseRejoinMethod(evidence({ local: { lsn: null } })).method).toBe('rewind');
  });

  it('never without permission', () => {
    const verdict = chooseRejoinMethod(evidence({ local: diverged, allowed: { rewind: false } }));
    expect(verdict).toMatchObject({ method: 'impossible', reason: 'rewindNotAllowed' });
    expect(verdict.hint).toContain('--force-rewind');
  });

  it.each([
    ['neither checksums nor hints', { ...diverged, dataChecksums: false }, {}, 'wal_log_hints'],
    ['full_page_writes off', diverged, { fullPageWrites: false }, 'full_page_writes'],
    [
      'unclean before 13',
      { ...diverged, isCleanlyShutDown: false, majorVersion: 12 },
      { majorVersion: 12 },
      'not shut down cleanly',
    ],
  ])('not with %s', (_, local, primary, text) => {
    const verdict = chooseRejoinMethod(evidence({ local, primary }));
    expect(verdict).toMatchObject({ method: 'impossible', reason: 'rewindImpossible' });
    expect(verdict.message).toContain(text);
    expect(verdict.hint).toContain('standby clone --force');
  });
});

describe('chooseRejoinMethod makes a new copy', () => {
  it.each([
    ['a rewind is impossible', { ...diverged, dataChecksums: false }, 'rewindImpossible'],
    ['an earlier rewind stopped half-way', { isHalfRewound: true }, 'halfRewound'],
    [
      'the node is ahead on the same timeline',
      { timeline: second, lsn: at('0/9001'), history: null },
      'aheadOnSameTimeline',
    ],
  ])('when %s', (_, local, reason) => {
    const verdict = chooseRejoinMethod(evidence({ local, allowed: recloneToo }));
    expect(verdict).toMatchObject({ method: 'reclone', reason });
  });

  it('when a rewind is not allowed, but a copy is', () => {
    const allowed = { rewind: false, reclone: true };
    expect(chooseRejoinMethod(evidence({ local: diverged, allowed })).method).toBe('reclone');
  });

  it('of twins, whose timelines have the same number but other histories', () => {
    const local = {
      timeline: second,
      lsn: at('0/5800'),
      history: [{ timeline: first, switchpoint: at('0/5200') }],
    };
    expect(chooseRejoinMethod(evidence({ local, allowed: recloneToo }))).toMatchObject({
      method: 'reclone',
      reason: 'twinTimeline',
    });
  });

  it('not without room, and says how much is lacking', () => {
    const room = { neededBytes: 1000n, freeBytes: 999n };
    const verdict = chooseRejoinMethod(
      evidence({ local: { isHalfRewound: true }, allowed: recloneToo, room }),
    );
    expect(verdict).toMatchObject({ method: 'impossible', reason: 'noRoomToReclone' });
    expect(verdict.message).toContain('1000 bytes where 999 are free');
  });

  it('with exactly enough room', () => {
    const room = { neededBytes: 1000n, freeBytes: 1000n };
    expect(
      chooseRejoinMethod(evidence({ local: { isHalfRewound: true }, allowed: recloneToo, room })).method,
    ).toBe('reclone');
  });

  it('never where it is not allowed', () => {
    expect(chooseRejoinMethod(evidence({ local: { isHalfRewound: true } }))).toMatchObject({
      method: 'impossible',
      reason: 'halfRewound',
    });
  });
});

describe('chooseRejoinMethod and reigns', () => {
  const reign = (term: number, nodeId: number, timeline: number): Reign => ({
    term,
    nodeId: nodeId as NodeId,
    timeline: timeline as TimelineId,
    parentTimeline: Math.max(timeline - 1, 1) as TimelineId,
    forkLsn: at('0/0'),
  });

  it('never streams or rewinds a timeline number that was given out twice', () => {
    const reigns = { local: [reign(1, 1, 1)], primary: [reign(3, 2, 1), reign(4, 2, 2)] };
    expect(chooseRejoinMethod(evidence({ reigns, allowed: recloneToo }))).toMatchObject({
      method: 'reclone',
      reason: 'twinTimeline',
    });
  });

  it('knows that a primary elected again in place reigns twice on one timeline', () => {
    const reigns = { local: [reign(1, 1, 1)], primary: [reign(1, 1, 1), reign(3, 1, 1), reign(4, 2, 2)] };
    expect(chooseRejoinMethod(evidence({ reigns })).method).toBe('stream');
  });

  it.each([
    ['nothing is known here', { local: [], primary: [reign(1, 1, 1)] }],
    ['nothing is known there', { local: [reign(1, 1, 1)], primary: [] }],
  ])('decides by PostgreSQL alone when %s', (_, reigns) => {
    expect(chooseRejoinMethod(evidence({ reigns })).method).toBe('stream');
  });
});

describe('chooseRejoinMethod gives up', () => {
  it('on another cluster, whatever is allowed', () => {
    const primary = { systemIdentifier: '78' as SystemIdentifier };
    expect(chooseRejoinMethod(evidence({ primary, allowed: recloneToo }))).toMatchObject({
      method: 'impossible',
      reason: 'foreignSystem',
    });
  });

  it('on an unreadable control file', () => {
    expect(
      chooseRejoinMethod(evidence({ local: { systemIdentifier: null }, allowed: recloneToo })).method,
    ).toBe('impossible');
  });

  it('on another major version', () => {
    const verdict = chooseRejoinMethod(evidence({ local: { majorVersion: 14 }, allowed: recloneToo }));
    expect(verdict).toMatchObject({ method: 'impossible', reason: 'otherMajorVersion' });
    expect(verdict.message).toContain('PostgreSQL 14');
  });

  it('on a node ahead on the same timeline, even with --force-rewind', () => {
    const local = { timeline: second, lsn: at('0/9001'), history: null };
    expect(chooseRejoinMethod(evidence({ local }))).toMatchObject({
      method: 'impossible',
      reason: 'aheadOnSameTimeline',
    });
  });

  it('shows its evidence whatever it decides', () => {
    for (const local of [{}, diverged, { isHalfRewound: true }]) {
      expect(chooseRejoinMethod(evidence({ local })).evidence.join()).toContain('timeline 2');
    }
  });
});
