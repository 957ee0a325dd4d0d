import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { allProtocolFaults } from '../test/simulation/faulty-protocol/all-protocol-faults.ts';
import { type Finding, findFaults } from '../test/simulation/faulty-protocol/find-fault.ts';

const help = `npm run simulate:faulty [-- --only NAME[,NAME…] --runs N --list]

Takes rules out of a copy of the failover protocol, one at a time, and shows that the simulation finds each.

  --only NAME[,NAME…]  only these faults
  --runs N             at most so many runs for each (default: its own limit)
  --list               name the faults and end
`;

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    runs: { type: 'string' },
    list: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false, short: 'h' },
  },
});

function chosenFaults(): typeof allProtocolFaults {
  const names = values.only?.split(',');
  const unknown = names?.filter((name) => allProtocolFaults.every((fault) => fault.name !== name)) ?? [];
  if (unknown.length > 0) throw new RangeError(`no fault is called ${unknown.join(' or ')}; see --list`);
  const maxRuns = values.runs === undefined ? undefined : Number(values.runs);
  if (maxRuns !== undefined && (!Number.isSafeInteger(maxRuns) || maxRuns < 1))
    throw new RangeError(`--runs ${values.runs} is no count of runs`);
  return allProtocolFaults
    .filter((fault) => names === undefined || names.includes(fault.name))
    .map((fault) => ({ ...fault, maxRuns: maxRuns ?? fault.maxRuns }));
}

/** A line of the table in docs/development/simulation.md. */
function rowOf({ fault, found, runs }: Finding): string {
  const result =
    found === null ? `**not found** | ${runs} | –` : `${found.violation} | ${runs} | ${found.seed}`;
  return `| ${fault.name} | ${fault.rule} | ${fault.what} | ${result} |`;
}

async function main(): Promise<void> {
  const findings: Finding[] = [];
  const onFinding = (finding: Finding) => {
    findings.push(finding);
    const { fault, found, runs, seconds } = finding;
    const result = found === null ? 'NOT FOUND' : `seed ${found.seed}: ${found.violation}`;
    console.error(`${fault.name}: ${result} (${runs} runs, ${seconds.toFixed(1)} s)`);
  };
  const faults = chosenFaults();
  await findFaults(faults, { lanes: availableParallelism(), onFinding });
  console.log('| fault | rule | what the faulty core does | found as | runs | seed |');
  console.log('| --- | --- | --- | --- | ---: | ---: |');
  const order = faults.map((fault) => fault.name);
  for (const finding of findings.toSorted(
    (a, b) => order.indexOf(a.fault.name) - order.indexOf(b.fault.name),
  ))
    console.log(rowOf(finding));
  const missed = findings.filter(({ found }) => found === null).length;
  console.log(`\n${findings.length - missed} of ${findings.length} faults found`);
  if (missed > 0) process.exitCode = 1;
}

if (values.help) console.log(help.trimEnd());
else if (values.list)
  for (const { name, rule, what } of chosenFaults()) console.log(`${name} (${rule}): ${what}`);
else await main();
