import { describe, expect, it } from 'vitest';
import {
  type CrashEvidence,
  chooseCrashAction,
} from '../../../../src/decisions/failover/choose-crash-action.ts';
import type { Lsn } from '../../../../src/domain/lsn.ts';

const at = (lsn: number, reignTerm = 3) => ({ reignTerm, lsn: BigInt(lsn) as Lsn });

const covered: CrashEvidence = {
  setting: 'auto',
  localPosition: at(1_000),
  redoBytes: 100_000_000n,
  wasShutDown: false,
  crashesWithinWindow: 1,
  hasRestartFailed: false,
  bestStandby: at(1_000),
};

const cases: readonly (readonly [string, Partial<CrashEvidence>, 'restart' | 'handover'])[] = [
  ['a standby has everything and opens sooner', {}, 'handover'],
  ['a standby has more than is left on disk', { bestStandby: at(1_001) }, 'handover'],
  ['no standby provably has everything', { bestStandby: at(999) }, 'restart'],
  ['the standby is of an older reign', { bestStandby: at(9_999, 2) }, 'restart'],
  ['the end of the own WAL is not known', { localPosition: null }, 'restart'],
  ['nobody may be promoted', { bestStandby: null }, 'restart'],
  [
    'nobody may be promoted though a restart failed',
    { bestStandby: null, hasRestartFailed: true },
    'restart',
  ],
  [
    'the restart failed, even at the price of WAL',
    { bestStandby: at(1), hasRestartFailed: true },
    'handover',
  ],
  ['the operator wants a restart', { setting: 'restart' }, 'restart'],
  ['the operator wants a restart, but it failed', { setting: 'restart', hasRestartFailed: true }, 'handover'],
  ['the operator wants a failover', { setting: 'failover', bestStandby: at(1) }, 'handover'],
  ['it was shut down in order', { wasShutDown: true, redoBytes: 0n }, 'handover'],
  ['it was shut down, but nobody has everything', { wasShutDown: true, bestStandby: at(1) }, 'restart'],
  ['it keeps crashing', { crashesWithinWindow: 2, redoBytes: 0n }, 'handover'],
  ['it keeps crashing, but nobody has everything', { crashesWithinWindow: 5, bestStandby: at(1) }, 'restart'],
];

describe('chooseCrashAction', () => {
  it.each(cases)('%s', (_, evidence, action) => {
    const verdict = chooseCrashAction({ ...covered, ...evidence });
    expect(verdict.action).toBe(action);
    expect(verdict.reason).not.toBe('');
  });

  it('predicts a longer recovery from more WAL', () => {
    const short = chooseCrashAction({ ...covered, redoBytes: 0n });
    expect(chooseCrashAction(covered).predictedRecoveryMs).toBeGreaterThan(short.predictedRecoveryMs);
  });
});
