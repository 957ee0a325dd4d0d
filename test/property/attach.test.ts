import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  canAttach,
  type LocalPosition,
  type UpstreamPosition,
} from '../../src/decisions/attach/can-attach.ts';
import { findForkPoint } from '../../src/decisions/attach/find-fork-point.ts';
import type { Lsn } from '../../src/domain/lsn.ts';
import type { SystemIdentifier } from '../../src/domain/system-identifier.ts';
import type { TimelineId, TimelineSwitch } from '../../src/domain/timeline.ts';

/** A node of the model: its WAL byte by byte, each byte being the timeline on which it was written. */
interface Model {
  wal: readonly number[];
  timeline: number;
  history: readonly TimelineSwitch[];
  isPrimary: boolean;
}

const nodeCount = 4;
const system = '7' as SystemIdentifier;

const step = fc.oneof(
  fc.record({
    kind: fc.constant('write' as const),
    node: fc.nat(nodeCount - 1),
    bytes: fc.integer({ min: 1, max: 9 }),
  }),
  fc.record({ kind: fc.constant('promote' as const), node: fc.nat(nodeCount - 1) }),
  fc.record({
    kind: fc.constant('stream' as const),
    node: fc.nat(nodeCount - 1),
    from: fc.nat(nodeCount - 1),
    bytes: fc.integer({ min: 1, max: 30 }),
  }),
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

function isPrefix(shorter: readonly number[], longer: readonly number[]): boolean {
  return shorter.length <= longer.length && shorter.every((byte, index) => byte === longer[index]);
}

function run(steps: readonly Step[]): Model[] {
  const start: Model = { wal: [1, 1, 1, 1, 1], timeline: 1, history: [], isPrimary: false };
  const nodes: Model[] = Array.from({ length: nodeCount }, (_, index) => ({
    ...start,
    isPrimary: index === 0,
  }));
  let newestTimeline = 1;
  for (const action of steps) {
    const node = nodes[action.node] as Model;
    if (action.kind === 'write' && node.isPrimary) {
      node.wal = [...node.wal, ...Array.from({ length: action.bytes }, () => node.timeline)];
    }
    if (action.kind === 'promote' && !node.isPrimary) {
      newestTimeline += 1;
      const left = { timeline: node.timeline as TimelineId, switchpoint: BigInt(node.wal.length) as Lsn };
      // PostgreSQL always writes a record at the end of recovery.
      Object.assign(node, {
        history: [...node.history, left],
        timeline: newestTimeline,
        wal: [...node.wal, newestTimeline],
        isPrimary: true,
      });
    }
    if (action.kind === 'stream' && !node.isPrimary) stream(node, nodes[action.from] as Model, action.bytes);
  }
  return nodes;
}

/** The node receives some more of what `from` has, where it can. */
function stream(node: Model, from: Model, bytes: number): void {
  if (!isPrefix(node.wal, from.wal) || from.wal.length === node.wal.length) return;
  node.wal = from.wal.slice(0, node.wal.length + bytes);
  node.timeline = node.wal.at(-1) as number;
  node.history = from.history.filter(({ timeline }) => timeline < node.timeline);
}

const local = (node: Model, knowsHistory = true): LocalPosition => ({
  systemIdentifier: system,
  timeline: node.timeline as TimelineId,
  lsn: BigInt(node.wal.length) as Lsn,
  history: knowsHistory || node.timeline === 1 ? node.history : null,
});

const upstream = (node: Model): UpstreamPosition => ({
  systemIdentifier: system,
  timeline: node.timeline as TimelineId,
  lsn: BigInt(node.wal.length) as Lsn,
  history: node.history,
});

const clusters = fc.array(step, { maxLength: 40 }).map(run);

function forEachPair(nodes: readonly Model[], check: (a: Model, b: Model) => void): void {
  for (const a of nodes) for (const b of nodes) if (a !== b) check(a, b);
}

describe('canAttach, against the WAL itself', () => {
  it.each([true, false])(
    'lets a node stream exactly where its WAL is a prefix (own history known: %s)',
    (knows) => {
      fc.assert(
        fc.property(clusters, (nodes) => {
          forEachPair(nodes, (a, b) => {
            const isAttachable = canAttach(local(a, knows), upstream(b)).kind === 'attachable';
            expect(isAttachable).toBe(isPrefix(a.wal, b.wal));
          });
        }),
        { numRuns: 500 },
      );
    },
  );

  it('never calls diverged what another node continues', () => {
    fc.assert(
      fc.property(clusters, (nodes) => {
        forEachPair(nodes, (a, b) => {
          const { kind } = canAttach(local(a), upstream(b));
          if (kind === 'diverged') expect(isPrefix(a.wal, b.wal)).toBe(false);
        });
      }),
      { numRuns: 500 },
    );
  });
});

describe('findForkPoint, against the WAL itself', () => {
  it('is where the WAL of two nodes parts, seen from either side', () => {
    fc.assert(
      fc.property(clusters, (nodes) => {
        forEachPair(nodes, (a, b) => {
          const fork = findForkPoint({ ...upstream(a) }, { ...upstream(b) });
          expect(fork).toEqual(findForkPoint({ ...upstream(b) }, { ...upstream(a) }));
          const common = a.wal.findIndex((byte, index) => byte !== b.wal[index]);
          if (fork?.lsn === null || common === -1 || common >= b.wal.length) return;
          expect(fork?.lsn).toBe(BigInt(common));
        });
      }),
      { numRuns: 500 },
    );
  });
});
