import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { NetworkNamespaces } from '../lab/network-namespaces.ts';
import { freezePrograms } from '../lab/programs.ts';
import { allScenarios } from '../test/faults/all-scenarios.ts';
import { appendRecord } from '../test/faults/fault-record.ts';
import type { FaultScenario } from '../test/faults/fault-scenario.ts';
import { type LogKeeping, runScenario } from '../test/faults/run-scenario.ts';
import { closingLine, lineOf, type Outcome, verdictOf } from '../test/faults/tell-outcome.ts';
import { recordsFile } from './generate-reliability.ts';

const help = `npm run faults [-- --only NAME[,NAME…] --runs N --short --record --list]

Real faults in clusters of real servers, one network namespace per host; needs root.

  --only NAME[,NAME…]  only these scenarios
  --runs N             each of them N times (default 1)
  --short              only those that make up the short form, under 8 minutes
  --logs FOLDER        keep the logs of every run there; otherwise those of broken runs are kept
  --record             append every run to docs/reliability.jsonl; "npm run generate" renders docs/reliability.md
  --list               name the scenarios and end
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string', default: '1' },
    short: { type: 'boolean', default: false },
    logs: { type: 'string' },
    record: { type: 'boolean', default: false },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false, short: 'h' },
  },
});

function chosenScenarios(): readonly FaultScenario[] {
  const names = values.only?.split(',');
  const unknown = names?.filter((name) => allScenarios.every((scenario) => scenario.name !== name)) ?? [];
  if (unknown.length > 0) throw new RangeError(`no scenario is called ${unknown.join(' or ')}; see --list`);
  return allScenarios
    .filter((scenario) => names === undefined || names.includes(scenario.name))
    .filter((scenario) => !values.short || scenario.isShort === true);
}

function list(): void {
  for (const { name, what, actor, isShort, notYet } of chosenScenarios()) {
    console.log(`${name}${isShort === true ? ' (short form)' : ''}\n    ${what}\n    Acts: ${actor}.`);
    if (notYet !== undefined) console.log(`    NOT YET: ${notYet}.`);
  }
}

/** A cluster that can't even be built is a broken run like any other. */
async function play(scenario: FaultScenario, logs: LogKeeping): Promise<Outcome> {
  const startedMs = performance.now();
  const seconds = () => Math.round((performance.now() - startedMs) / 1_000);
  try {
    const record = await runScenario(scenario, logs);
    if (values.record) appendRecord(recordsFile, record);
    return { scenario, record, broken: record.broken, seconds: seconds() };
  } catch (error) {
    const text = error instanceof Error ? error.message : String(error);
    return { scenario, record: undefined, broken: [text], seconds: seconds() };
  }
}

async function main(): Promise<void> {
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs ${values.runs} is no count of runs`);
  const logs = {
    folder: values.logs ?? mkdtempSync(join(tmpdir(), 'repmgr-faults-')),
    all: values.logs !== undefined,
  };
  const thaw = freezePrograms();
  const outcomes: Outcome[] = [];
  try {
    for (const scenario of chosenScenarios()) {
      for (let run = 0; run < runs; run += 1) {
        const outcome = await play(scenario, logs);
        outcomes.push(outcome);
        console.log(lineOf(outcome));
      }
    }
  } finally {
    thaw();
  }
  console.log(closingLine(outcomes));
  const isAllWell = outcomes.every((outcome) => outcome.broken.length === 0);
  if (isAllWell && !logs.all) rmSync(logs.folder, { recursive: true });
  if (!isAllWell) console.log(`logs of what broke: ${logs.folder}`);
  if (outcomes.some((outcome) => verdictOf(outcome) === 'BROKEN' || verdictOf(outcome) === 'HOLDS NOW')) {
    process.exitCode = 1;
  }
}

const obstacle = NetworkNamespaces.obstacle();
if (values.help) console.log(help.trimEnd());
else if (values.list) list();
else if (obstacle !== undefined) {
  console.error(obstacle);
  process.exitCode = 1;
} else await main();
