import { parseArgs } from 'node:util';
import { playScene } from '../lab/scene.ts';
import { TestCluster } from '../lab/test-cluster.ts';
import { type FaultMeasurement, measureFaults } from './bench/measure-faults.ts';
import {
  clusterShowMs,
  clusterShowWithSilentNodeMs,
  daemonCost,
  versionCpuMs,
} from './bench/measure-programs.ts';
import { median } from './bench/median.ts';

const help = `npm run bench [-- --runs=N] [-- --json]

Medians of N runs (default 3) on a real cluster of three nodes on this machine.
`;

const { values } = parseArgs({
  options: {
    runs: { type: 'string', default: '3' },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false, short: 'h' },
  },
});

/** Name, value and unit, in the order of the table. */
type Measurement = readonly [name: string, value: number, unit: 'ms' | 'MB' | '%' | 'rows'];

async function repeat(runs: number, measure: () => Promise<number>): Promise<number> {
  const results: number[] = [];
  for (let run = 0; run < runs; run += 1) results.push(await measure());
  return median(results);
}

async function benchPrograms(runs: number): Promise<Measurement[]> {
  const cluster = await TestCluster.start();
  try {
    const idle = await Promise.all([1, 2].map((id) => daemonCost(cluster.node(id), 30_000)));
    return [
      ['repmgr --version, CPU', await repeat(runs, () => versionCpuMs(cluster)), 'ms'],
      ['cluster show, three nodes up', await repeat(runs, () => clusterShowMs(cluster)), 'ms'],
      ['cluster show, one node silent', await repeat(runs, () => clusterShowWithSilentNodeMs(cluster)), 'ms'],
      ['repmgrd idle on the primary, RSS', idle[0]?.rssMb ?? Number.NaN, 'MB'],
      ['repmgrd idle on the primary, CPU', idle[0]?.cpuPercent ?? Number.NaN, '%'],
      ['repmgrd idle on a standby, RSS', idle[1]?.rssMb ?? Number.NaN, 'MB'],
      ['repmgrd idle on a standby, CPU', idle[1]?.cpuPercent ?? Number.NaN, '%'],
    ];
  } finally {
    await cluster.destroy();
  }
}

async function benchFaults(runs: number): Promise<Measurement[]> {
  const measured: FaultMeasurement[] = [];
  // Each crash counts as the first one, or only the first run would show a restart in place.
  const report = await playScene({ settings: { crash_window: '0s' } }, async (scene) => {
    for (let run = 0; run < runs; run += 1) measured.push(await measureFaults(scene));
  });
  return [
    ['PostgreSQL killed, write outage', median(measured.map((run) => run.crashOutageMs)), 'ms'],
    ['host lost, write outage', median(measured.map((run) => run.hostLossOutageMs)), 'ms'],
    ['failed primary back as standby', median(measured.map((run) => run.rejoinMs)), 'ms'],
    ['two nodes writable', report.doublePrimaryMs, 'ms'],
    ['acknowledged rows lost', report.lost.length, 'rows'],
  ];
}

async function main(): Promise<void> {
  const runs = Number(values.runs);
  if (!Number.isInteger(runs) || runs < 1) throw new RangeError(`--runs=${values.runs} is no count of runs`);
  const table = [...(await benchPrograms(runs)), ...(await benchFaults(runs))];
  for (const [name, value, unit] of table) {
    const digits = unit === '%' || unit === 'MB' ? 1 : 0;
    console.log(`${name.padEnd(36)} ${value.toFixed(digits).padStart(8)} ${unit}`);
  }
  if (values.json) {
    console.log(JSON.stringify(table.map(([name, value, unit]) => ({ name, value, unit }))));
  }
}

try {
  if (values.help) process.stdout.write(help);
  else await main();
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
