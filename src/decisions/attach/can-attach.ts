import { formatLsn, type Lsn } from '../../domain/lsn.ts';
import type { SystemIdentifier } from '../../domain/system-identifier.ts';
import type { TimelineId, TimelineSwitch } from '../../domain/timeline.ts';
import { type ForkPoint, findForkPoint } from './find-fork-point.ts';

/** How far the node that wants to attach has come. */
export interface LocalPosition {
  /** Null when the control file can't be read. */
  readonly systemIdentifier: SystemIdentifier | null;
  readonly timeline: TimelineId;
  /** Running standby: the greater of received and replayed. Stopped server: the end of its WAL. */
  readonly lsn: Lsn | null;
  /** From its own history file; null when that is not at hand. Empty for timeline 1. */
  readonly history: readonly TimelineSwitch[] | null;
}

/** What IDENTIFY_SYSTEM and TIMELINE_HISTORY say of the server to attach to. */
export interface UpstreamPosition {
  readonly systemIdentifier: SystemIdentifier;
  readonly timeline: TimelineId;
  /** Insert position of a primary, the greater of received and replayed of a standby. */
  readonly lsn: Lsn | null;
  readonly history: readonly TimelineSwitch[];
}

export type AttachReason =
  | 'sameTimeline'
  | 'beforeFork'
  | 'localIdentifierUnknown'
  | 'foreignSystem'
  | 'positionUnknown'
  | 'aheadOnSameTimeline'
  | 'twinTimeline'
  | 'upstreamOnOlderTimeline'
  | 'pastFork'
  | 'unrelatedTimelines';

export interface AttachVerdict {
  /**
   * `attachable`: it can stream as it is. `diverged`: only after pg_rewind. `impossible`: neither streaming
   * nor pg_rewind can bring the two together.
   */
  readonly kind: 'attachable' | 'diverged' | 'impossible';
  readonly reason: AttachReason;
  /** One sentence for people. */
  readonly message: string;
  readonly evidence: readonly string[];
  readonly fork: ForkPoint | null;
}

/**
 * Whether the WAL of the local node is a prefix of what the upstream has, so that it can stream from it.
 * The whole history of the upstream's timeline is consulted, not only the next timeline, so a node that is
 * several promotions behind is judged by the fork it really meets.
 */
export function canAttach(local: LocalPosition, upstream: UpstreamPosition): AttachVerdict {
  const verdict = verdictMaker(local, upstream);
  if (local.systemIdentifier === null) {
    return verdict('impossible', 'localIdentifierUnknown', 'the system identifier of this node is unknown');
  }
  if (local.systemIdentifier !== upstream.systemIdentifier) {
    return verdict('impossible', 'foreignSystem', 'the two servers do not belong to the same cluster');
  }
  if (local.timeline === upstream.timeline) return onOneTimeline(local, upstream, verdict);
  return onTwoTimelines(local, upstream, verdict);
}

type VerdictMaker = (
  kind: AttachVerdict['kind'],
  reason: AttachReason,
  message: string,
  fork?: ForkPoint | null,
) => AttachVerdict;

function verdictMaker(local: LocalPosition, upstream: UpstreamPosition): VerdictMaker {
  const evidence = [
    `this node: system identifier ${local.systemIdentifier ?? 'unknown'}, ${place(local)}`,
    `upstream: system identifier ${upstream.systemIdentifier}, ${place(upstream)}`,
  ];
  return (kind, reason, message, fork = null) => ({
    kind,
    reason,
    message,
    fork,
    evidence: fork === null ? evidence : [...evidence, `common WAL: ${forkText(fork)}`],
  });
}

function onOneTimeline(
  local: LocalPosition,
  upstream: UpstreamPosition,
  verdict: VerdictMaker,
): AttachVerdict {
  const fork = forkOf(local, upstream);
  if (fork !== undefined && fork.lsn !== null) {
    const message = `both servers are on timeline ${local.timeline}, but it began differently on each`;
    return verdict('impossible', 'twinTimeline', message, fork);
  }
  if (local.lsn === null || upstream.lsn === null) {
    return verdict('impossible', 'positionUnknown', unknownPosition(local));
  }
  if (local.lsn > upstream.lsn) {
    const message = `this node is ${local.lsn - upstream.lsn} bytes ahead of the upstream on timeline ${local.timeline}`;
    return verdict('impossible', 'aheadOnSameTimeline', message);
  }
  return verdict('attachable', 'sameTimeline', `both servers are on timeline ${local.timeline}`);
}

function onTwoTimelines(
  local: LocalPosition,
  upstream: UpstreamPosition,
  verdict: VerdictMaker,
): AttachVerdict {
  const fork = forkOf(local, upstream);
  if (local.timeline > upstream.timeline) {
    const message = `the upstream is on timeline ${upstream.timeline}, this node already on ${local.timeline}`;
    return verdict('diverged', 'upstreamOnOlderTimeline', message, fork ?? null);
  }
  const { lsn: forkLsn, timeline: forkTimeline } = fork ?? {};
  if (forkLsn === undefined || forkLsn === null || forkTimeline !== local.timeline) {
    const message = `timeline ${upstream.timeline} of the upstream does not descend from timeline ${local.timeline} of this node`;
    return verdict('diverged', 'unrelatedTimelines', message, fork ?? null);
  }
  if (local.lsn === null) {
    return verdict('impossible', 'positionUnknown', unknownPosition(local), fork ?? null);
  }
  if (local.lsn > forkLsn) {
    const message = `this node holds ${local.lsn - forkLsn} bytes of WAL past the point where timeline ${local.timeline} ended on the upstream (${formatLsn(forkLsn)})`;
    return verdict('diverged', 'pastFork', message, fork ?? null);
  }
  const message = `timeline ${upstream.timeline} of the upstream continues timeline ${local.timeline} from ${formatLsn(forkLsn)}`;
  return verdict('attachable', 'beforeFork', message, fork ?? null);
}

function forkOf(local: LocalPosition, upstream: UpstreamPosition): ForkPoint | undefined {
  if (local.history !== null) return findForkPoint({ ...local, history: local.history }, upstream);
  if (local.timeline === upstream.timeline) return { timeline: local.timeline, lsn: null };
  // Without the own history only the end of the own timeline, as the upstream knows it, can be looked up.
  const own = upstream.history.find((entry) => entry.timeline === local.timeline);
  return own === undefined ? undefined : { timeline: own.timeline, lsn: own.switchpoint };
}

function unknownPosition(local: LocalPosition): string {
  return local.lsn === null
    ? 'the WAL position of this node is unknown'
    : 'the WAL position of the upstream is unknown';
}

function place(position: { timeline: TimelineId; lsn: Lsn | null }): string {
  const lsn = position.lsn === null ? 'unknown position' : `WAL up to ${formatLsn(position.lsn)}`;
  return `timeline ${position.timeline}, ${lsn}`;
}

function forkText(fork: ForkPoint): string {
  return fork.lsn === null
    ? `timeline ${fork.timeline}`
    : `timeline ${fork.timeline} up to ${formatLsn(fork.lsn)}`;
}
