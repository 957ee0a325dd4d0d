import { describe, expect, it } from 'vitest';
import {
  canAttach,
  type LocalPosition,
  type UpstreamPosition,
} from '../../../../src/decisions/attach/can-attach.ts';
import { type Lsn, parseLsn } from '../../../../src/domain/lsn.ts';
import type { SystemIdentifier } from '../../../../src/domain/system-identifier.ts';
import type { TimelineId, TimelineSwitch } from '../../../../src/domain/timeline.ts';

const at = (text: string): Lsn => parseLsn(text) as Lsn;
const system = '7711135045202912329' as SystemIdentifier;

function switches(...entries: readonly [number, string][]): readonly TimelineSwitch[] {
  return entries.map(([timeline, lsn]) => ({ timeline: timeline as TimelineId, switchpoint: at(lsn) }));
}

function local(timeline: number, lsn: string | null, overrides: Partial<LocalPosition> = {}): LocalPosition {
  return {
    systemIdentifier: system,
    timeline: timeline as TimelineId,
    lsn: lsn === null ? null : at(lsn),
    history: timeline === 1 ? [] : null,
    ...overrides,
  };
}

function upstream(
  timeline: number,
  lsn: string | null,
  history: readonly TimelineSwitch[] = [],
): UpstreamPosition {
  return {
    systemIdentifier: system,
    timeline: timeline as TimelineId,
    lsn: lsn === null ? null : at(lsn),
    history,
  };
}

describe('canAttach on one timeline', () => {
  it('attaches a node that is behind', () => {
    expect(canAttach(local(1, '0/3000'), upstream(1, '0/5000'))).toMatchObject({
      kind: 'attachable',
      reason: 'sameTimeline',
      fork: null,
    });
  });

  it('attaches a node that is exactly as far', () => {
    expect(canAttach(local(1, '0/5000'), upstream(1, '0/5000')).kind).toBe('attachable');
  });

  it('refuses a node that is one byte ahead, and says by how much', () => {
    const verdict = canAttach(local(1, '0/5001'), upstream(1, '0/5000'));
    expect(verdict).toMatchObject({ kind: 'impossible', reason: 'aheadOnSameTimeline' });
    expect(verdict.message).toContain('1 bytes ahead');
  });

  it.each([
    ['own', local(1, null), upstream(1, '0/5000'), 'of this node'],
    ['upstream', local(1, '0/5000'), upstream(1, null), 'of the upstream'],
  ])('refuses when the %s position is unknown', (_, own, other, text) => {
    const verdict = canAttach(own, other);
    expect(verdict).toMatchObject({ kind: 'impossible', reason: 'positionUnknown' });
    expect(verdict.message).toContain(text);
  });

  it('refuses a twin: the same number that began elsewhere', () => {
    const own = local(2, '0/4500', { history: switches([1, '0/4200']) });
    expect(canAttach(own, upstream(2, '0/5000', switches([1, '0/4000'])))).toMatchObject({
      kind: 'impossible',
      reason: 'twinTimeline',
      fork: { timeline: 1, lsn: at('0/4000') },
    });
  });

  it('attaches on a later timeline that began at the same place', () => {
    const own = local(2, '0/4500', { history: switches([1, '0/4000']) });
    expect(canAttach(own, upstream(2, '0/5000', switches([1, '0/4000']))).kind).toBe('attachable');
  });

  it('trusts the number where the own history file is missing', () => {
    expect(canAttach(local(2, '0/4500'), upstream(2, '0/5000', switches([1, '0/4000']))).kind).toBe(
      'attachable',
    );
  });
});

describe('canAttach to an upstream on a later timeline', () => {
  const promoted = upstream(2, '0/6000', switches([1, '0/5000']));

  it('attaches a node that stopped before the fork', () => {
    expect(canAttach(local(1, '0/4FFF'), promoted)).toMatchObject({
      kind: 'attachable',
      reason: 'beforeFork',
      fork: { timeline: 1, lsn: at('0/5000') },
    });
  });

  it('attaches a node that stopped exactly at the fork', () => {
    expect(canAttach(local(1, '0/5000'), promoted).kind).toBe('attachable');
  });

  it('finds a node diverged that went one byte past the fork', () => {
    const verdict = canAttach(local(1, '0/5001'), promoted);
    expect(verdict).toMatchObject({ kind: 'diverged', reason: 'pastFork' });
    expect(verdict.message).toContain('1 bytes of WAL');
    expect(verdict.message).toContain('0/5000');
  });

  it('does so also when the upstream has meanwhile written more than the node', () => {
    expect(canAttach(local(1, '0/5800'), promoted).kind).toBe('diverged');
  });

  it('judges a node several promotions behind by the fork that it meets', () => {
    const later = upstream(4, '0/9000', switches([1, '0/5000'], [2, '0/6000'], [3, '0/7000']));
    expect(canAttach(local(2, '0/6000', { history: switches([1, '0/5000']) }), later).kind).toBe(
      'attachable',
    );
    expect(canAttach(local(2, '0/6001', { history: switches([1, '0/5000']) }), later).kind).toBe('diverged');
    expect(canAttach(local(1, '0/5001'), later).kind).toBe('diverged');
  });

  it('can judge without the own history file, by the entry of the own timeline', () => {
    const later = upstream(3, '0/9000', switches([1, '0/5000'], [2, '0/6000']));
    expect(canAttach(local(2, '0/6000'), later).kind).toBe('attachable');
    expect(canAttach(local(2, '0/6001'), later).kind).toBe('diverged');
  });

  it('finds a node diverged whose timeline the upstream never was on', () => {
    const own = local(2, '0/5100', { history: switches([1, '0/5000']) });
    expect(canAttach(own, upstream(3, '0/9000', switches([1, '0/4000'])))).toMatchObject({
      kind: 'diverged',
      reason: 'unrelatedTimelines',
      fork: { timeline: 1, lsn: at('0/4000') },
    });
  });

  it('finds the same without the own history file, but then knows no fork', () => {
    expect(canAttach(local(2, '0/5100'), upstream(3, '0/9000', switches([1, '0/4000'])))).toMatchObject({
      kind: 'diverged',
      reason: 'unrelatedTimelines',
      fork: null,
    });
  });

  it('does not attach a node whose position is unknown', () => {
    expect(canAttach(local(1, null), promoted)).toMatchObject({
      kind: 'impossible',
      reason: 'positionUnknown',
      fork: { timeline: 1, lsn: at('0/5000') },
    });
  });
});

describe('canAttach to an upstream on an older timeline', () => {
  it('finds a node diverged that was promoted on its own', () => {
    const own = local(2, '0/5100', { history: switches([1, '0/5000']) });
    expect(canAttach(own, upstream(1, '0/9000'))).toMatchObject({
      kind: 'diverged',
      reason: 'upstreamOnOlderTimeline',
      fork: { timeline: 1, lsn: at('0/5000') },
    });
  });

  it('does so even when the upstream is further', () => {
    expect(canAttach(local(3, '0/5100'), upstream(2, '0/9000')).kind).toBe('diverged');
  });
});

describe('canAttach and identity', () => {
  it('refuses another cluster before anything else', () => {
    const foreign = { ...upstream(1, '0/5000'), systemIdentifier: '1' as SystemIdentifier };
    const verdict = canAttach(local(1, '0/3000'), foreign);
    expect(verdict).toMatchObject({ kind: 'impossible', reason: 'foreignSystem' });
    expect(verdict.evidence.join('\n')).toContain('system identifier 1,');
  });

  it('refuses when the own control file could not be read', () => {
    expect(canAttach(local(1, '0/3000', { systemIdentifier: null }), upstream(1, '0/5000'))).toMatchObject({
      kind: 'impossible',
      reason: 'localIdentifierUnknown',
    });
  });

  it('always shows both positions as evidence', () => {
    const { evidence } = canAttach(local(1, '0/5001'), upstream(2, '0/6000', switches([1, '0/5000'])));
    expect(evidence).toEqual([
      `this node: system identifier ${system}, timeline 1, WAL up to 0/5001`,
      `upstream: system identifier ${system}, timeline 2, WAL up to 0/6000`,
      'common WAL: timeline 1 up to 0/5000',
    ]);
  });
});
