import type { NodeId } from './node.ts';

/** Something else that could have been done, and why it was not. */
export interface Alternative {
  readonly action: string;
  readonly whyNot: string;
}

/**
 * `observed`: something happened that calls for a decision. `decided`: something is done. `declined`: something
 * that might be expected is not done. `failed`: what was decided did not work.
 */
export type DecisionKind = 'observed' | 'decided' | 'declined' | 'failed';

/** What a decision rests on beyond the facts: what else there was, and what would make it another one. */
export interface Reasoning {
  /** `decided` where it is absent. */
  readonly kind?: DecisionKind;
  readonly alternatives?: readonly Alternative[];
  /** What would have to be otherwise for another decision. */
  readonly changedBy?: string;
}

/** A decision, or a decision not to act, as a daemon keeps it and tells it. */
export interface DecisionRecord {
  /** Order on this node, across restarts of its daemon. */
  readonly sequence: number;
  readonly nodeId: NodeId;
  /** Wall-clock time of the node that decided, ISO 8601 in UTC. */
  readonly at: string;
  /** Voting term of the node at that time. */
  readonly term: number;
  readonly kind: DecisionKind;
  /** Section of the protocol that was applied. */
  readonly rule: string;
  readonly text: string;
  readonly evidence: Readonly<Record<string, string | number | boolean | null>>;
  readonly alternatives: readonly Alternative[];
  readonly changedBy: string | null;
  /** How often the same was decided again, and when last. */
  readonly times: number;
  readonly lastAt: string;
}

/** Asks a daemon for its journal of decisions. Ages and no times: the clocks of hosts may differ. */
export interface DecisionsRequest {
  /** Decisions made longer ago are left out; null: as far back as the journal goes. */
  readonly sinceAgoMs: number | null;
  /** Decisions made less long ago are left out; 0: up to now. */
  readonly untilAgoMs: number;
  /** The newest so many. */
  readonly limit: number;
}

export interface DecisionsReply {
  readonly nodeId: NodeId;
  readonly nodeName: string;
  /** Wall-clock time of this node, ISO 8601 in UTC. */
  readonly now: string;
  /** Oldest first. */
  readonly decisions: readonly DecisionRecord[];
  /** The last decision before those. */
  readonly before: DecisionRecord | null;
}
