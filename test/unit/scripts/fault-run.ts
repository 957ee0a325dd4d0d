import type { FaultRecord } from '../../faults/fault-record.ts';
import type { FaultScenario } from '../../faults/fault-scenario.ts';

export function faultScenario(given: Partial<FaultScenario> = {}): FaultScenario {
  return {
    name: 'power-cut',
    what: 'The power is cut.',
    actor: 'everybody',
    expected: { outageMs: (leaseMs) => leaseMs + 1_000, primary: 'moves', lostRows: 3, cause: /power/ },
    play: async () => undefined,
    ...given,
  };
}

/** A run that came as {@link faultScenario} expects it. */
export function faultRecord(given: Partial<FaultRecord> = {}): FaultRecord {
  return {
    scenario: 'power-cut',
    at: '2026-11-22T10:00:00.000Z',
    commit: 'abcdef0',
    postgres: 15,
    nodes: 3,
    leaseMs: 3_000,
    outageMs: 3_500,
    doubleWritableMs: 0,
    acknowledgedRows: 1_000,
    lostRows: 3,
    humanActions: 0,
    attachedMs: 1_200,
    primaryMoved: true,
    causeNamed: true,
    cause: 'node2: no power',
    explained: true,
    broken: [],
    ...given,
  };
}
