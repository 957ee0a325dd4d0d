import { describe, expect, test } from 'vitest';
import {
  type DaemonView,
  judgeShutdown,
  type ShutdownFacts,
} from '../../../../src/decisions/shutdown/judge-shutdown.ts';
import type { NodeId } from '../../../../src/domain/node.ts';

const id = (nodeId: number): NodeId => nodeId as NodeId;

const daemon = (nodeId: number, changes: Partial<DaemonView> = {}): DaemonView => ({
  nodeId: id(nodeId),
  nodeName: `node${nodeId}`,
  role: nodeId === 1 ? 'primary' : 'follower',
  leaseHolder: id(1),
  paused: false,
  manual: false,
  isPromotable: nodeId !== 1,
  notPromotableReason: null,
  ...changes,
});

const judge = (changes: Partial<ShutdownFacts> = {}) =>
  judgeShutdown({
    nodeId: id(1),
    isRunning: true,
    recoveryState: 'primary',
    type: 'primary',
    daemon: daemon(1),
    others: [daemon(2), daemon(3)],
    attached: ['node2', 'node3'],
    ...changes,
  });

const obstacles = (changes: Partial<ShutdownFacts>): readonly string[] => {
  const verdict = judge(changes);
  return verdict.kind === 'hand over' ? verdict.obstacles : [];
};

describe('judgeShutdown', () => {
  test('hands a primary over to those that stream and may be promoted', () => {
    const verdict = judge({ others: [daemon(2), daemon(3, { isPromotable: false })] });
    expect(verdict).toMatchObject({ kind: 'hand over', heirs: [{ nodeId: 2 }], obstacles: [] });
    expect(judge({ attached: ['node3'] })).toMatchObject({ heirs: [{ nodeId: 3 }], obstacles: [] });
  });

  test.each([
    ['a standby', { recoveryState: 'standby' }],
    ['a standby that lets nobody in', { recoveryState: null, daemon: daemon(1, { role: 'follower' }) }],
    ['a witness with a server of its own', { type: 'witness' }],
  ] as const)('just stops %s', (_, changes) => {
    expect(judge(changes)).toEqual({ kind: 'stop' });
  });

  test('has nothing to do where PostgreSQL does not run', () => {
    expect(judge({ isRunning: false })).toEqual({ kind: 'not running' });
  });

  test.each([
    ['does not answer', { daemon: null }],
    ['not primary', { daemon: daemon(1, { role: 'fenced' }) }],
    ['acknowledges the lease', { daemon: daemon(1, { leaseHolder: null }) }],
    ['paused', { daemon: daemon(1, { paused: true }) }],
    ['"manual"', { daemon: daemon(1, { manual: true }) }],
    ['no repmgrd of another node', { others: [] }],
    ['does not stream', { attached: [] }],
    ['lets nobody in', { recoveryState: null }],
    ['priority is 0', { others: [daemon(2, { isPromotable: false, notPromotableReason: 'priority is 0' })] }],
  ])('says when nobody would take over: %s', (text, changes) => {
    expect(obstacles(changes).join()).toContain(text);
  });
});
