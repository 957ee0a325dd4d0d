import type { Reign } from '../../domain/reign.ts';
import type { TimelineId } from '../../domain/timeline.ts';
import {
  type AttachVerdict,
  canAttach,
  type LocalPosition,
  type UpstreamPosition,
} from '../attach/can-attach.ts';
import type { ForkPoint } from '../attach/find-fork-point.ts';
import { type RewindObstacle, rewindObstacles } from './rewind-obstacles.ts';

/** The state of the stopped node that is to come back. */
export interface ReturningNode extends LocalPosition {
  readonly majorVersion: number;
  /** Control file says "shut down" or "shut down in recovery". */
  readonly isCleanlyShutDown: boolean;
  /** An earlier pg_rewind began to change files here and did not finish. */
  readonly isHalfRewound: boolean;
  readonly dataChecksums: boolean;
  readonly walLogHints: boolean;
}

/** The primary that the node is to follow. */
export interface RejoinTarget extends UpstreamPosition {
  readonly majorVersion: number;
  /** Null when it could not be read. */
  readonly fullPageWrites: boolean | null;
}

export interface RejoinEvidence {
  readonly local: ReturningNode;
  readonly primary: RejoinTarget;
  /** The reigns each side remembers; absent where no daemon has told. */
  readonly reigns?: {
    readonly local: readonly Reign[];
    readonly primary: readonly Reign[];
  };
  /** Which means may be used to bring the node back. */
  readonly allowed: {
    readonly rewind: boolean;
    readonly reclone: boolean;
    /** Start an uncleanly stopped node as a standby and let PostgreSQL recover it. */
    readonly crashRecovery: boolean;
  };
  /** Space for a second data directory beside the present one; null when unknown. */
  readonly room: { readonly neededBytes: bigint; readonly freeBytes: bigint } | null;
}

export type RejoinReason =
  | AttachVerdict['reason']
  | 'otherMajorVersion'
  | 'halfRewound'
  | 'unclean'
  | 'rewindNotAllowed'
  | 'rewindImpossible'
  | 'noRoomToReclone';

export interface RejoinVerdict {
  readonly method: 'stream' | 'rewind' | 'reclone' | 'impossible';
  readonly reason: RejoinReason;
  /** One sentence for people: why this method. */
  readonly message: string;
  readonly evidence: readonly string[];
  /** What to do when it is impossible. */
  readonly hint: string | null;
  readonly fork: ForkPoint | null;
}

/**
 * How a stopped node gets behind the primary again: as it is, after pg_rewind, or from a new copy.
 * The mildest means that is certain to be right is taken; a doubt leads to the next one, never to streaming.
 */
export function chooseRejoinMethod(evidence: RejoinEvidence): RejoinVerdict {
  const attach = canAttach(evidence.local, evidence.primary);
  const context: Context = { evidence, attach };
  return (
    refuseForeign(context) ??
    replaceUnusable(context) ??
    streamWherePrefix(context) ??
    rewindWhereDiverged(context) ??
    recloneOrGiveUp(context, attach.reason, attach.message)
  );
}

interface Context {
  readonly evidence: RejoinEvidence;
  readonly attach: AttachVerdict;
}

function refuseForeign({ evidence, attach }: Context): RejoinVerdict | undefined {
  const { local, primary } = evidence;
  if (attach.reason === 'foreignSystem' || attach.reason === 'localIdentifierUnknown') {
    const hint = 'check that data_directory and the connection parameters belong to the same cluster';
    return verdict('impossible', attach.reason, attach.message, { attach, hint });
  }
  if (local.majorVersion === primary.majorVersion) return undefined;
  const message = `this node has PostgreSQL ${local.majorVersion}, the primary PostgreSQL ${primary.majorVersion}`;
  const hint = 'run the same major version on all nodes';
  return verdict('impossible', 'otherMajorVersion', message, { attach, hint });
}

/** Data that must not be started, whatever its positions say. */
function replaceUnusable(context: Context): RejoinVerdict | undefined {
  if (context.evidence.local.isHalfRewound) {
    const message = 'an earlier pg_rewind stopped half-way, so the data directory is inconsistent';
    return recloneOrGiveUp(context, 'halfRewound', message);
  }
  const twin = twinReign(context.evidence);
  if (twin === undefined) return undefined;
  const message = `timeline ${twin} was opened by two different primaries`;
  return recloneOrGiveUp(context, 'twinTimeline', message);
}

/**
 * A timeline number that was given out twice: both sides remember reigns of it, and none in common.
 * PostgreSQL alone can't tell such twins apart once they have the same length.
 */
function twinReign({ local, reigns }: RejoinEvidence): TimelineId | undefined {
  if (reigns === undefined) return undefined;
  const own = reigns.local.filter((reign) => reign.timeline === local.timeline);
  const theirs = reigns.primary.filter((reign) => reign.timeline === local.timeline);
  if (own.length === 0 || theirs.length === 0) return undefined;
  const isShared = own.some((a) => theirs.some((b) => a.term === b.term && a.nodeId === b.nodeId));
  return isShared ? undefined : local.timeline;
}

function streamWherePrefix(context: Context): RejoinVerdict | undefined {
  const { evidence, attach } = context;
  if (attach.kind !== 'attachable') return undefined;
  if (evidence.local.isCleanlyShutDown || evidence.allowed.crashRecovery) {
    return verdict('stream', attach.reason, `nothing to undo: ${attach.message}`, { attach });
  }
  const message = 'this node was not shut down cleanly';
  return recloneOrGiveUp(context, 'unclean', message, crashRecoveryHint);
}

function rewindWhereDiverged(context: Context): RejoinVerdict | undefined {
  const { evidence, attach } = context;
  const rewindMightHelp =
    attach.kind === 'diverged' || (attach.reason === 'positionUnknown' && attach.fork !== null);
  if (!rewindMightHelp) return undefined;
  if (!evidence.allowed.rewind) {
    return recloneOrGiveUp(context, 'rewindNotAllowed', attach.message, forceRewindHint);
  }
  const obstacles = rewindObstacles(evidence);
  if (obstacles.length === 0) return verdict('rewind', attach.reason, attach.message, { attach });
  const message = `${attach.message}, and pg_rewind can't be used: ${textOf(obstacles)}`;
  return recloneOrGiveUp(context, 'rewindImpossible', message);
}

const crashRecoveryHint = 'run "repmgr node rejoin" with --force-rewind, or start and stop the server once';
const forceRewindHint = 'run "repmgr node rejoin" with --force-rewind; add --dry-run to see what it would do';
const cloneHint = 'replace the node with "repmgr standby clone --force"';

function recloneOrGiveUp(
  context: Context,
  reason: RejoinReason,
  message: string,
  hint: string = cloneHint,
): RejoinVerdict {
  const { evidence, attach } = context;
  if (!evidence.allowed.reclone) return verdict('impossible', reason, message, { attach, hint });
  const { room } = evidence;
  if (room !== null && room.freeBytes < room.neededBytes) {
    const lacking = `${message}, and a new copy needs ${room.neededBytes} bytes where ${room.freeBytes} are free`;
    const roomHint = `make room beside the data directory, or ${cloneHint}`;
    return verdict('impossible', 'noRoomToReclone', lacking, { attach, hint: roomHint });
  }
  return verdict('reclone', reason, message, { attach });
}

function verdict(
  method: RejoinVerdict['method'],
  reason: RejoinReason,
  message: string,
  details: { readonly attach: AttachVerdict; readonly hint?: string },
): RejoinVerdict {
  const { attach, hint = null } = details;
  return { method, reason, message, evidence: attach.evidence, hint, fork: attach.fork };
}

function textOf(obstacles: readonly RewindObstacle[]): string {
  return obstacles.map((obstacle) => obstacle.message).join('; ');
}
