import type { FaultRecord } from './fault-record.ts';
import type { FaultScenario } from './fault-scenario.ts';

export interface Outcome {
  readonly scenario: FaultScenario;
  /** Undefined when there was nothing to measure, because the cluster couldn't be built. */
  readonly record: FaultRecord | undefined;
  readonly broken: readonly string[];
  readonly seconds: number;
}

export type Verdict = 'held' | 'NOT YET' | 'HOLDS NOW' | 'BROKEN';

/** A scenario that isn't expected to hold yet and does is news too: its mark must go. */
export function verdictOf({ scenario, record, broken }: Outcome): Verdict {
  if (scenario.notYet === undefined) return broken.length === 0 ? 'held' : 'BROKEN';
  if (broken.length === 0) return 'HOLDS NOW';
  return record === undefined ? 'BROKEN' : 'NOT YET';
}

/** One line, and one more for each thing that didn't come as it should. */
export function lineOf(outcome: Outcome): string {
  const verdict = verdictOf(outcome);
  const { scenario, record, broken, seconds } = outcome;
  const reason = scenario.notYet === undefined ? '' : ` (${scenario.notYet})`;
  const first = `${verdict.padEnd(9)} ${scenario.name}${reason}: ${measuresOf(record)} [${seconds} s]`;
  return [first, ...broken.map((text) => `          - ${text}`)].join('\n');
}

function measuresOf(record: FaultRecord | undefined): string {
  if (record === undefined) return 'not measured';
  const attached = record.attachedMs === null ? 'never' : `after ${record.attachedMs} ms`;
  return [
    `outage ${record.outageMs} ms`,
    `two writable ${record.doubleWritableMs} ms`,
    `lost ${record.lostRows ?? 'unknown'} of ${record.acknowledgedRows}`,
    `all attached ${attached}`,
    causeOf(record),
  ].join(', ');
}

function causeOf({ causeNamed, explained }: FaultRecord): string {
  if (causeNamed === null) return 'nothing to explain';
  const named = causeNamed ? 'cause named' : 'cause not named';
  return explained === true ? `${named}, explained` : named;
}

/** Counts, and by name everything that isn't plainly held. */
export function closingLine(outcomes: readonly Outcome[]): string {
  const named = (verdict: Verdict) => {
    const found = outcomes.filter((outcome) => verdictOf(outcome) === verdict);
    const names = [...new Set(found.map(({ scenario }) => scenario.name))];
    return { count: found.length, names: names.length === 0 ? '' : ` (${names.join(', ')})` };
  };
  const held = named('held').count;
  const others = (['NOT YET', 'HOLDS NOW', 'BROKEN'] as const).map((verdict) => {
    const { count, names } = named(verdict);
    return `${count} ${verdict}${names}`;
  });
  return `${held} of ${outcomes.length} runs held; ${others.join('; ')}`;
}
