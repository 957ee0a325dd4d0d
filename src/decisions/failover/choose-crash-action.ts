import type { WalPosition } from '../../domain/reign.ts';
import { comparePositions } from './position.ts';

/** Bytes of WAL that crash recovery replays per millisecond on modest hardware; a cautious estimate. */
const replayBytesPerMs = 40_000;
/** Start of a postmaster and its end-of-recovery checkpoint, before any replay. */
const startMs = 350;
/** One token, one vote and a promotion. */
const promotionMs = 150;

export interface CrashEvidence {
  readonly setting: 'auto' | 'restart' | 'failover';
  /** Null when it could not be read. */
  readonly localPosition: WalPosition | null;
  readonly redoBytes: bigint;
  readonly wasShutDown: boolean;
  readonly crashesWithinWindow: number;
  readonly hasRestartFailed: boolean;
  /** Best position among the standbys that may be promoted; null when there is none. */
  readonly bestStandby: WalPosition | null;
}

export interface CrashVerdict {
  readonly action: 'restart' | 'handover';
  readonly reason: string;
  readonly predictedRecoveryMs: number;
}

/**
 * What to do after PostgreSQL on the primary died while its daemon lives (failover.md §5). A hand-over is
 * chosen only where it loses nothing, or where restarting is no way any more.
 */
export function chooseCrashAction(evidence: CrashEvidence): CrashVerdict {
  const predictedRecoveryMs = startMs + Number(evidence.redoBytes) / replayBytesPerMs;
  const verdict = (action: CrashVerdict['action'], reason: string): CrashVerdict => ({
    action,
    reason,
    predictedRecoveryMs,
  });
  const { bestStandby, localPosition } = evidence;
  if (bestStandby === null) return verdict('restart', 'no standby may be promoted');
  const isCovered = localPosition !== null && comparePositions(bestStandby, localPosition) >= 0;
  if (evidence.hasRestartFailed) return verdict('handover', 'the restart failed');
  if (evidence.setting === 'restart') return verdict('restart', 'primary_crash_action is "restart"');
  if (evidence.setting === 'failover') return verdict('handover', 'primary_crash_action is "failover"');
  if (!isCovered) return verdict('restart', 'no standby provably has all of the WAL');
  if (evidence.wasShutDown)
    return verdict('handover', 'the server was shut down and a standby has all of its WAL');
  if (evidence.crashesWithinWindow > 1) {
    return verdict(
      'handover',
      'the server crashed again within crash_window and a standby has all of its WAL',
    );
  }
  if (predictedRecoveryMs > promotionMs) {
    return verdict('handover', 'a standby has all of the WAL and opens sooner than crash recovery would end');
  }
  return verdict('restart', 'crash recovery is short');
}
