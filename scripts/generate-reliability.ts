import { fileURLToPath } from 'node:url';
import { allScenarios } from '../test/faults/all-scenarios.ts';
import { type FaultRecord, readRecords } from '../test/faults/fault-record.ts';
import type { FaultScenario } from '../test/faults/fault-scenario.ts';

/** One JSON line per run; `npm run faults -- --record` appends to it. */
export const recordsFile = fileURLToPath(new URL('../docs/reliability.jsonl', import.meta.url));

const introduction = `<!-- Written by "npm run generate" from reliability.jsonl and test/faults; do not edit. -->

# Reliability

What real faults do to real clusters, as measured by \`npm run faults\`
([the fault lab](development/testing.md#the-fault-lab)): three PostgreSQL servers with their daemons (five where
it says so), each on a host of its own made of a network namespace, while a client commits a row every 10 ms and
a second observer writes to every server from inside its host. Generated from the raw records in
[reliability.jsonl](reliability.jsonl), one line per run.

- **outage**: the longest time without an acknowledged write, as the client saw it. The default lease of 3 s is
  part of it wherever a host falls silent.
- **two writable**: time in which two servers acknowledged writes; the highest of all runs.
- **lost**: acknowledged rows that are not there afterwards; the highest of all runs. Replication is asynchronous
  unless the scenario says otherwise.
- **attached**: from the end of the fault until every node streams again and has all WAL.
- **by hand**: runs that somebody had to help. Undoing the fault (cable, power, disk space, password) doesn't count.
- **why**: runs in which the logs or the recorded events of the daemons name the cause.
- **explained**: runs in which \`repmgr cluster explain --at\`, asked afterwards about that moment, names it.`;

/** docs/reliability.md: p50 and p95 of each scenario. */
export function renderReliability(): string {
  return renderTable(allScenarios, readRecords(recordsFile));
}

/** Scenarios without records are left out of the table and named below it. */
export function renderTable(scenarios: readonly FaultScenario[], records: readonly FaultRecord[]): string {
  const of = (scenario: FaultScenario) => records.filter((record) => record.scenario === scenario.name);
  const measured = scenarios.filter((scenario) => of(scenario).length > 0);
  const missing = scenarios.filter((scenario) => of(scenario).length === 0).map(({ name }) => name);
  const table = [heading, ...measured.map((scenario) => rowOf(scenario, of(scenario)))].join('\n');
  const parts = [introduction, table, '## The scenarios', ...measured.map(describeScenario)];
  if (missing.length > 0) parts.push(`Not measured yet: ${missing.join(', ')}.`);
  return `${parts.join('\n\n')}\n`;
}

const heading = [
  '| scenario | runs | as expected | outage p50 | outage p95 | two writable | lost | attached p50 | attached p95 | by hand | why | explained |',
  '| --- | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: | --: |',
].join('\n');

function rowOf({ name, notYet }: FaultScenario, records: readonly FaultRecord[]): string {
  const outages = records.map(({ outageMs }) => outageMs);
  const attached = records.map(({ attachedMs }) => attachedMs ?? Number.POSITIVE_INFINITY);
  const explainable = records.filter(({ causeNamed }) => causeNamed !== null);
  const cells = [
    notYet === undefined ? name : `${name} (not yet)`,
    String(records.length),
    String(records.filter(({ broken }) => broken.length === 0).length),
    milliseconds(percentile(outages, 50)),
    milliseconds(percentile(outages, 95)),
    milliseconds(Math.max(...records.map(({ doubleWritableMs }) => doubleWritableMs))),
    mostLost(records),
    milliseconds(percentile(attached, 50)),
    milliseconds(percentile(attached, 95)),
    String(records.filter(({ humanActions }) => humanActions > 0).length),
    explainable.length === 0 ? '–' : String(explainable.filter(({ causeNamed }) => causeNamed).length),
    explainable.length === 0 ? '–' : String(explainable.filter(({ explained }) => explained).length),
  ];
  return `| ${cells.join(' | ')} |`;
}

function describeScenario({ name, what, actor, expected, notYet }: FaultScenario): string {
  const sentences = [`**${name}**: ${what} Acts: ${actor}.`];
  if (notYet !== undefined) sentences.push(`Does not hold yet: ${notYet}.`);
  const { doubleWritable } = expected;
  if (doubleWritable !== undefined)
    sentences.push(`Two may be writable for a moment: ${doubleWritable.because}.`);
  return sentences.join(' ');
}

/** Nearest rank: the smallest value that `percent` of all values do not exceed. */
export function percentile(values: readonly number[], percent: number): number {
  const sorted = values.toSorted((a, b) => a - b);
  const rank = Math.max(1, Math.ceil((percent / 100) * sorted.length));
  return sorted[rank - 1] ?? Number.NaN;
}

/** `?` where no primary was left that could have been asked. */
function mostLost(records: readonly FaultRecord[]): string {
  const known = records.map(({ lostRows }) => lostRows).filter((lost) => lost !== null);
  return known.length === 0 ? '?' : String(Math.max(...known));
}

function milliseconds(ms: number): string {
  return Number.isFinite(ms) ? `${Math.round(ms)} ms` : 'never';
}
