import { edit, type ProtocolFault, quickRuns } from './protocol-fault.ts';

/** What the guardian, and whoever believes its word, does that must not. */
export const faultsOfGuardians: readonly ProtocolFault[] = [
  {
    name: 'guardian-asleep',
    rule: '§4',
    what: 'a guardian lets the deadline of a dead or frozen daemon pass',
    edits: [
      edit(
        'guardian/guard.ts',
        "if (nowMs >= fenceAt) return { kind: 'fence', reason: describe(facts, orders) };",
        "if (nowMs >= fenceAt) return { kind: 'rest', untilMs: nowMs + orders.leaseMs };",
      ),
    ],
    maxRuns: quickRuns,
  },
  {
    name: 'last-will-of-the-living',
    rule: '§4',
    what: 'a guardian says that both are gone while the server lives on',
    edits: [
      edit(
        'guardian/guard.ts',
        "if (isDead && !isServerAlive) return { kind: 'lastWill' };",
        "if (isDead) return { kind: 'lastWill' };",
      ),
    ],
    maxRuns: quickRuns,
  },
  {
    name: 'release-outlives-promise',
    rule: '§4',
    what: 'a release holds on after the next promise',
    edits: [
      edit('failover/voter.ts', '  state.release = null;\n  state.validation', '  state.validation'),
      edit('failover/voter.ts', '  state.release = null;\n  if (state.role', '  if (state.role'),
    ],
    maxRuns: 5_000,
  },
];
