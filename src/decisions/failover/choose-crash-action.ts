import type { Alternative } from '../../domain/decision-record.ts';
import type { WalPosition } from '../../domain/reign.ts';
import { comparePositions } from './position.ts';

/** Bytes of WAL that crash recovery replays per millisecond on modest hardware; a cautious estimate. */
const replayBytesPerMs = 40_000;
/** Start of a postmaster and its end-of-recovery checkpoint, before any replay. */
const startMs = 350;
/** One token, one vote and a promotion. */
export const promotionMs = 150;

export interface CrashEvidence {
  readonly setting: 'auto' | 'restart' | 'failover';
  /** Null when it could not be read. */
  readonly localPosition: WalPosition | null;
  readonly redoBytes: bigint;
  readonly wasShutDown: boolean;
  readonly crashesWithinWindow: number;
  readonly hasRestartFailed: boolean;
  /** Its processes lived and gave no answer. */
  readonly isHung?: boolean;
  /** Best position among the standbys that may be promoted; null when there is none. */
  readonly bestStandby: WalPosition | null;
}

export interface CrashVerdict {
  readonly action: 'restart' | 'handover';
  readonly reason: string;
  readonly predictedRecoveryMs: number;
  /** The other action, and what spoke against it. */
  readonly alternatives: readonly Alternative[];
}

/**
 * What to do after PostgreSQL on the primary died while its daemon lives (failover.md §5). A hand-over is
 * chosen only where it loses nothing, or where restarting is no way any more.
 */
export function chooseCrashAction(evidence: CrashEvidence): CrashVerdict {
  const predictedRecoveryMs = startMs + Number(evidence.redoBytes) / replayBytesPerMs;
  const verdict = (action: CrashVerdict['action'], reason: string, whyNot: string): CrashVerdict => ({
    action,
    reason,
    predictedRecoveryMs,
    alternatives: [{ action: action === 'restart' ? 'hand over to a standby' : 'restart in place', whyNot }],
  });
  const recovery = `crash recovery would take about ${Math.round(predictedRecoveryMs)} ms, a hand-over ${promotionMs} ms`;
  const { bestStandby, localPosition } = evidence;
  if (bestStandby === null)
    return verdict('restart', 'no standby may be promoted', 'there is none to hand over to');
  const isCovered = localPosition !== null && comparePositions(bestStandby, localPosition) >= 0;
  if (evidence.hasRestartFailed) return verdict('handover', 'the restart failed', 'it was tried');
  const wanted = 'repmgr.conf of this node asks for the other';
  if (evidence.setting === 'restart') return verdict('restart', 'primary_crash_action is "restart"', wanted);
  if (evidence.isHung === true)
    return verdict('handover', 'the server hung', 'what made it hang would probably do so again');
  if (evidence.setting === 'failover')
    return verdict('handover', 'primary_crash_action is "failover"', wanted);
  if (!isCovered)
    return verdict('restart', 'no standby provably has all of the WAL', 'what no standby has would be lost');
  if (evidence.wasShutDown)
    return verdict(
      'handover',
      'the server was shut down and a standby has all of its WAL',
      'whoever shut it down wants it down',
    );
  if (evidence.crashesWithinWindow > 1) {
    return verdict(
      'handover',
      'the server crashed again within crash_window and a standby has all of its WAL',
      'it would probably crash once more',
    );
  }
  if (predictedRecoveryMs > promotionMs) {
    return verdict(
      'handover',
      'a standby has all of the WAL and opens sooner than crash recovery would end',
      recovery,
    );
  }
  return verdict('restart', 'crash recovery is short', recovery);
}
