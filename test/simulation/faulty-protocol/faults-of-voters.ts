import { edit, type ProtocolFault, quickRuns } from './protocol-fault.ts';

const voter = 'failover/voter.ts';

/** What a voter does that must not. */
export const faultsOfVoters: readonly ProtocolFault[] = [
  {
    name: 'answer-before-storing',
    rule: '§2',
    what: 'an answer leaves before what it depends on is on disk',
    edits: [
      edit(
        'failover/transition.ts',
        '  reply(replyTo: string, body: unknown): void {\n    this.flush();\n',
        '  reply(replyTo: string, body: unknown): void {\n',
      ),
    ],
    maxRuns: quickRuns,
  },
  {
    name: 'vote-not-stored',
    rule: '§6.5',
    what: 'a voter stores the term it votes in, but not for whom',
    edits: [
      edit(voter, '    votedFor: request.candidate,\n    reigns:', '    votedFor: null,\n    reigns:'),
      edit(
        voter,
        'request.term === durable.term && durable.votedFor !== request.candidate',
        'request.term === durable.term && durable.votedFor !== null && durable.votedFor !== request.candidate',
      ),
    ],
    maxRuns: quickRuns,
  },
  {
    name: 'vote-under-lease',
    rule: '§4',
    what: 'whoever is bound to a primary vetoes no election and grants its vote',
    edits: [
      edit(voter, 'if (bound !== null) return bound;', ''),
      edit(
        'failover/gather-statuses.ts',
        'if (holds && status.leaseHolder !== null && !waitsInVain) {',
        'if (holds && status.leaseHolder === null) {',
      ),
      edit(
        'failover/gather-statuses.ts',
        'if (isStreaming && status.walStillMs !== null && !waitsInVain) {',
        'if (isStreaming && status.walStillMs === null) {',
      ),
    ],
    maxRuns: 5_000,
  },
  {
    name: 'wal-is-no-promise',
    rule: '§4',
    what: 'nobody waits for WAL of the primary to stand still: neither candidates nor voters',
    edits: [
      edit(
        'failover/candidacy.ts',
        'state.walMovedAtMs === null || isOpenServer(transition) ? 0 : state.walMovedAtMs + transition.leaseMs;',
        '0;',
      ),
      edit('failover/lease.ts', 'if (still !== null && still <', 'if (still !== null && still < 0 *'),
      edit(
        'failover/gather-statuses.ts',
        'if (isStreaming && status.walStillMs !== null && !waitsInVain) {',
        'if (isStreaming && status.walStillMs === null) {',
      ),
    ],
    maxRuns: quickRuns,
  },
  {
    name: 'no-wait-after-start',
    rule: '§4',
    what: 'a daemon that has just started grants votes at once',
    edits: [
      edit(
        'failover/lease.ts',
        'return Math.max(0, state.listeningSinceMs + lease - nowMs);',
        'return 0 * lease * nowMs;',
      ),
    ],
    maxRuns: 5_000,
  },
  {
    name: 'configuration-version-ignored',
    rule: '§2',
    what: 'a voter grants its vote to a candidate that knows an older configuration than itself',
    edits: [
      edit(
        voter,
        'compareVersions(request.configurationVersion, configuration.version) < 0)',
        'compareVersions(request.configurationVersion, configuration.version) < -1e9)',
      ),
    ],
    maxRuns: 20_000,
  },
  {
    name: 'position-ignored',
    rule: '§6.5',
    what: 'a voter grants its vote to a candidate that is behind it',
    edits: [edit(voter, "if (comparePositions(candidate, own) < 0) return 'the candidate is behind';", '')],
    maxRuns: quickRuns,
  },
  {
    name: 'timeline-number-as-position',
    rule: '§6',
    what: 'WAL is ordered by the number of its timeline instead of the term of its reign',
    edits: [
      edit(
        'failover/position.ts',
        'return reign === undefined ? null : { reignTerm: reign.term, lsn: end.lsn };',
        'return reign === undefined ? null : { reignTerm: reign.timeline, lsn: end.lsn };',
      ),
    ],
    maxRuns: 5_000,
  },
  {
    name: 'timeline-twice',
    rule: '§6.7',
    what: 'a candidate takes the next timeline after its own, and voters grant it though it is taken',
    edits: [
      edit(
        voter,
        'request.timeline <= highestTimeline(state) &&',
        'request.timeline <= 0 * highestTimeline(state) &&',
      ),
      edit(
        'failover/campaign-stage.ts',
        'highestTimeline(transition.state) + 1;',
        '(transition.state.server.walEnd?.timeline ?? 0 * highestTimeline(transition.state)) + 1;',
      ),
    ],
    maxRuns: quickRuns,
  },
  {
    name: 'promise-taken-back',
    rule: '§4',
    what: 'a shorter lease shortens what was promised before',
    edits: [
      edit(voter, 'return Math.max(promised, nowMs + leaseMs);', 'return nowMs + leaseMs + 0 * promised;'),
    ],
    maxRuns: 5_000,
  },
];
