import type { CrashResult } from './crash-act.ts';
import type { HostLossResult } from './host-loss-act.ts';

/** What `--json` prints. */
export interface DemoResult {
  /** No acknowledged row was lost and at no moment two nodes were writable. */
  readonly ok: boolean;
  readonly crash: CrashResult;
  readonly hostLoss: HostLossResult;
  readonly doublePrimaryMs: number;
}
