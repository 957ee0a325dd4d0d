import type { NodeId } from '../../domain/node.ts';

/** One primary that opened, as far as the guard needs to know. */
export interface ReignMark {
  readonly term: number;
  readonly nodeId: NodeId;
}

/** What this node's voter had stored when it last ran. */
export type VoterMemory =
  /** No daemon of this node was ever part of a voting configuration. */
  | { readonly kind: 'none' }
  | { readonly kind: 'unreadable'; readonly reason: string }
  | {
      readonly kind: 'voter';
      readonly voterIds: readonly NodeId[];
      /** Paused, or `failover=manual` on the primary: nobody is elected. */
      readonly isSuspended: boolean;
      readonly intent: string;
      readonly latestReign: ReignMark | null;
      /** The latest reign was ended by this node's own hand. */
      readonly hasEnded: boolean;
    };

/** What the daemon of this very node says just now. */
export type LocalAnswer =
  | { readonly kind: 'silent'; readonly reason: string }
  | { readonly kind: 'opening'; readonly mayOpen: 'yes' | 'no' | 'undecided'; readonly reason: string };

/** What the daemon of another voter says; null when it does not answer. */
export interface PeerView {
  readonly nodeId: NodeId;
  readonly view: {
    readonly isSuspended: boolean;
    readonly leads: boolean;
    /** Whom it takes for the primary. */
    readonly primary: NodeId | null;
    readonly latestReign: ReignMark | null;
  } | null;
}

export interface StartFacts {
  readonly nodeId: NodeId;
  /** How PostgreSQL would start as the data directory is: not at all because it runs, in recovery, or open. */
  readonly start: 'runs already' | 'in recovery' | 'open';
  readonly memory: VoterMemory;
  readonly daemon: LocalAnswer;
  readonly peers: readonly PeerView[];
}

export interface StartVerdict {
  /** `recover`: standby.signal has to be written first. */
  readonly action: 'start' | 'recover';
  readonly reason: string;
}

/**
 * Whether PostgreSQL may be started as it is, or only in recovery (failover.md §8). It opens for writing under a
 * lease that a majority has acknowledged since the daemon started; what peers say is no lease. The one exception
 * is a suspended failover, where nobody can be elected to give one.
 */
export function judgeStart(facts: StartFacts): StartVerdict {
  const { nodeId, start, memory, daemon } = facts;
  if (start === 'runs already') return { action: 'start', reason: 'PostgreSQL runs already' };
  if (start === 'in recovery') return { action: 'start', reason: 'it starts in recovery as it is' };
  if (memory.kind === 'none') {
    return { action: 'start', reason: 'this node is not part of a voting cluster yet' };
  }
  if (memory.kind === 'unreadable')
    return recover(`what this voter remembers is not known: ${memory.reason}`);
  const { voterIds } = memory;
  if (!voterIds.includes(nodeId)) {
    return recover('the cluster that this node knows does not count it among its voters any more');
  }
  if (voterIds.length === 1) return { action: 'start', reason: 'it is the only voter of its cluster' };
  if (daemon.kind === 'opening' && daemon.mayOpen === 'yes')
    return { action: 'start', reason: daemon.reason };
  if (memory.isSuspended) return judgeSuspended(facts, memory);
  if (daemon.kind === 'silent') return recover(`its repmgrd vouches for no lease: ${daemon.reason}`);
  return recover(daemon.reason);
}

/** Under a pause a majority has to agree that nobody else has opened, and that nobody can be elected. */
function judgeSuspended(
  { nodeId, peers }: StartFacts,
  memory: Extract<VoterMemory, { kind: 'voter' }>,
): StartVerdict {
  const { latestReign, voterIds } = memory;
  const wasPrimary =
    latestReign?.nodeId === nodeId && memory.intent === 'primary' && !memory.hasEnded ? latestReign : null;
  if (wasPrimary === null) return recover('this node was not the primary when its repmgrd last ran');
  const other = peers.find((peer) => contradicts(peer, wasPrimary));
  if (other !== undefined) return recover(`node ${other.nodeId} knows of another primary`);
  const agreeing = peers.filter(
    ({ view }) => view?.isSuspended === true && view.latestReign?.term === wasPrimary.term,
  );
  const count = 1 + agreeing.length;
  if (2 * count > voterIds.length) {
    return {
      action: 'start',
      reason: `failover is suspended, and ${count} of ${voterIds.length} voters know of no primary but this node`,
    };
  }
  return recover(
    `failover is suspended, and only ${count} of ${voterIds.length} voters tell that nobody else was opened meanwhile`,
  );
}

function contradicts({ view }: PeerView, own: ReignMark): boolean {
  if (view === null) return false;
  if (view.leads || (view.primary !== null && view.primary !== own.nodeId)) return true;
  const theirs = view.latestReign;
  if (theirs === null) return false;
  return theirs.term > own.term || (theirs.term === own.term && theirs.nodeId !== own.nodeId);
}

function recover(reason: string): StartVerdict {
  return { action: 'recover', reason };
}
