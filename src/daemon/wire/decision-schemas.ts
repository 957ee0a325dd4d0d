import * as v from 'valibot';
import type { DecisionRecord, DecisionsRequest } from '../../domain/decision-record.ts';
import type { NodeId } from '../../domain/node.ts';

const natural = v.pipe(v.number(), v.integer(), v.minValue(0));
const milliseconds = v.pipe(v.number(), v.minValue(0));
const fact = v.nullable(v.union([v.string(), v.number(), v.boolean()]));

export const decisionsRequest: v.GenericSchema<unknown, DecisionsRequest> = v.object({
  sinceAgoMs: v.nullable(milliseconds),
  untilAgoMs: milliseconds,
  limit: v.pipe(natural, v.minValue(1)),
});

/** A line of the journal of decisions. */
export const decisionRecord: v.GenericSchema<unknown, DecisionRecord> = v.object({
  sequence: natural,
  nodeId: v.pipe(
    natural,
    v.minValue(1),
    v.transform((id) => id as NodeId),
  ),
  at: v.pipe(v.string(), v.isoTimestamp()),
  term: natural,
  kind: v.picklist(['observed', 'decided', 'declined', 'failed']),
  rule: v.string(),
  text: v.string(),
  evidence: v.record(v.string(), fact),
  alternatives: v.array(v.object({ action: v.string(), whyNot: v.string() })),
  changedBy: v.nullable(v.string()),
  times: natural,
  lastAt: v.pipe(v.string(), v.isoTimestamp()),
});
