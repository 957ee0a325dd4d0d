import type { Lsn } from './lsn.ts';

/** Timeline of the write-ahead log; 1 after initdb, a new one at each promotion (manual 26.3.5). */
export type TimelineId = number & { readonly __brand: 'TimelineId' };

/** One line of a timeline history file: `timeline` ended at `switchpoint`. */
export interface TimelineSwitch {
  readonly timeline: TimelineId;
  readonly switchpoint: Lsn;
}
