import { edit, type ProtocolFault, quickRuns } from './protocol-fault.ts';

const handover = 'failover/handover.ts';
const heartbeats = 'failover/heartbeats.ts';
const lease = 'failover/lease.ts';

/** What a primary, or a winner, does that must not. */
export const faultsOfPrimaries: readonly ProtocolFault[] = [
  {
    name: 'refusal-acknowledges',
    rule: '§4',
    what: 'a refused heartbeat counts as an acknowledgement',
    edits: [edit(heartbeats, 'if (!reply.accepted) {', 'if (!reply.accepted && reply.term < 0) {')],
    maxRuns: 5_000,
  },
  {
    name: 'lease-from-answer',
    rule: '§4',
    what: 'the lease counts from the arrival of the acknowledgement instead of the sending of the round',
    edits: [
      edit(
        heartbeats,
        '[from]: Math.max(sentAtMs, acknowledgedAtMs[from] ?? sentAtMs)',
        '[from]: Math.max(transition.nowMs, sentAtMs)',
      ),
    ],
    maxRuns: 5_000,
  },
  {
    name: 'no-time-to-fence',
    rule: '§4',
    what: 'the fence begins when the lease is over instead of early enough to be done by then',
    edits: [
      edit(
        lease,
        'const fenceAt = until - leaseMarginMs(configuration.leaseMs) - state.parameters.fenceBudgetMs;',
        'const fenceAt = until;',
      ),
    ],
    maxRuns: 5_000,
  },
  {
    name: 'no-fence',
    rule: '§4',
    what: 'a primary without a lease stays open',
    edits: [edit('failover/enforce-lease.ts', 'if (nowMs >= fenceAtMs(state, nowMs))\n', 'if (nowMs < 0)\n')],
    maxRuns: quickRuns,
  },
  {
    name: 'token-without-end-of-reign',
    rule: '§5',
    what: 'a primary hands its token out and reigns on',
    edits: [
      edit(handover, '  state.reign = null;\n  state.lease = null;\n', '  state.lease = null;\n'),
      edit(handover, "  state.role = 'handing over';\n", "  state.role = 'primary';\n"),
    ],
    maxRuns: quickRuns,
  },
  {
    name: 'heartbeats-once-writable',
    rule: '§6.6',
    what: 'a winner sends no heartbeats before its server is open',
    edits: [
      edit(
        'failover/opening.ts',
        "    sendHeartbeats(transition);\n    const id = transition.begin('startPrimary');",
        "    const id = transition.begin('startPrimary');",
      ),
      edit(
        'failover/opening.ts',
        "  sendHeartbeats(transition);\n  const id = transition.begin('promote');",
        "  const id = transition.begin('promote');",
      ),
      edit(
        heartbeats,
        'if (reign === null || durable.configuration === null) return;',
        "if (reign === null || durable.configuration === null || reign.phase === 'promoting') return;",
      ),
    ],
    maxRuns: 5_000,
  },
  {
    name: 'pause-without-majority',
    rule: '§4',
    what: 'a primary stops fencing before a majority has stored the pause',
    edits: [
      edit(
        'failover/enforce-lease.ts',
        'isSuspended(configuration) && isConfigurationSettled(transition)',
        'isSuspended(configuration)',
      ),
    ],
    maxRuns: quickRuns,
  },
  {
    name: 'half-is-a-majority',
    rule: '§6.6',
    what: 'half of the voters elect',
    edits: [
      edit(
        'failover/quorum.ts',
        'return Math.floor(count / 2) + 1;',
        'return Math.max(1, Math.ceil(count / 2));',
      ),
    ],
    maxRuns: quickRuns,
  },
  {
    name: 'reign-not-stored',
    rule: '§6.7',
    what: 'a winner opens its server before its reign is on record',
    edits: [
      edit('failover/opening.ts', '  recordReign(transition, timeline as TimelineId, server.walEnd);\n', ''),
    ],
    maxRuns: quickRuns,
  },
  {
    name: 'voters-changed-at-once',
    rule: '§2',
    what: 'a primary issues the next change of the configuration before a majority has stored the last',
    edits: [
      edit(
        'failover/configuration.ts',
        'if (!isConfigurationSettled(transition) || !holdsLease(state, transition.nowMs)) return;',
        'if (!holdsLease(state, transition.nowMs)) return;',
      ),
    ],
    maxRuns: 20_000,
  },
  {
    name: 'longer-lease-at-once',
    rule: '§4',
    what: 'rounds sent before a longer lease was known count for the longer one',
    edits: [
      edit(
        'failover/configuration.ts',
        ': { ignoreSentBeforeMs: transition.nowMs, leaseSinceCounter: counter }),',
        ': { leaseSinceCounter: counter }),',
      ),
    ],
    maxRuns: 5_000,
  },
];
