import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { TestCluster } from '../../lab/test-cluster.ts';
import { OperationFailed } from '../../src/domain/errors/repmgr-error.ts';
import type { FaultRecord } from './fault-record.ts';
import type { FaultScenario } from './fault-scenario.ts';
import { FaultStage } from './fault-stage.ts';
import { findCause, type LogMarks, markLogs } from './find-cause.ts';
import { judgeRecord, type Measured } from './judge-record.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const lastLookMs = 10_000;
const explanationFile = 'explanation.txt';

/** Where the logs of runs go: of broken ones only, or of all. */
export interface LogKeeping {
  readonly folder: string;
  readonly all: boolean;
}

/** Builds a cluster, plays, measures, judges, and removes everything. */
export async function runScenario(scenario: FaultScenario, logs: LogKeeping): Promise<FaultRecord> {
  const cluster = await TestCluster.prepare({ ...scenario.cluster, network: 'namespaces' });
  try {
    await scenario.beforeCreation?.(cluster);
    await startCluster(cluster, scenario);
    const stage = await openStage(cluster);
    const record = await observe(stage, scenario);
    if (logs.all || record.broken.length > 0) keepLogs(cluster, join(logs.folder, scenario.name));
    return record;
  } catch (error) {
    keepLogs(cluster, join(logs.folder, scenario.name));
    throw error;
  } finally {
    scenario.afterwards?.(cluster);
    await cluster.destroy();
  }
}

async function startCluster(cluster: TestCluster, scenario: FaultScenario): Promise<void> {
  await cluster.createDatabases();
  await scenario.prepare?.(cluster);
  cluster.startDaemons();
  await cluster.waitUntilHealthy(60_000);
  await cluster.prepareInstruments();
}

async function openStage(cluster: TestCluster): Promise<FaultStage> {
  const { network } = cluster;
  if (network === undefined) throw new OperationFailed('faults need network namespaces');
  return new FaultStage({
    cluster,
    network,
    writer: cluster.newWriter(),
    watch: cluster.newWatch({ inside: true }),
    primary: await cluster.waitForPrimary(),
    leaseMs: await cluster.leaseMs(),
  });
}

async function observe(stage: FaultStage, scenario: FaultScenario): Promise<FaultRecord> {
  const { cluster, writer, watch } = stage;
  const marks = markLogs(cluster);
  const sinceWallMs = Date.now();
  writer.start();
  watch.start();
  const healing = await playAndHeal(stage, scenario);
  await Promise.all([writer.stop(), watch.stop()]);
  const measured = await measure(stage, { scenario, marks, sinceWallMs, healing });
  const broken = [...judgeRecord(measured, scenario.expected), ...stage.complaints];
  return { ...measured, broken: healing.problem === undefined ? broken : [...broken, healing.problem] };
}

interface Healing {
  readonly attachedMs: number | null;
  readonly problem?: string;
}

/** A cluster that doesn't come back is a result, not the end of the run. */
async function playAndHeal(stage: FaultStage, scenario: FaultScenario): Promise<Healing> {
  try {
    await stage.writing();
    await scenario.play(stage);
    await stage.healthy();
    return { attachedMs: performance.now() - stage.mendedMs };
  } catch (error) {
    stage.network.heal();
    const [problem = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    return { attachedMs: null, problem };
  }
}

async function measure(
  stage: FaultStage,
  context: { scenario: FaultScenario; marks: LogMarks; sinceWallMs: number; healing: Healing },
): Promise<Measured> {
  const { cluster, writer, watch } = stage;
  const { scenario, marks, sinceWallMs, healing } = context;
  const cause = scenario.expected.cause;
  const primary = await cluster.waitForPrimary({ timeoutMs: lastLookMs }).catch(() => undefined);
  const rows = primary === undefined ? undefined : await writer.verify(primary.postgres);
  const explanation = await explain(stage);
  const found = cause && primary && (await findCause(cluster, { marks, sinceWallMs, cause }));
  return {
    scenario: scenario.name,
    at: new Date(sinceWallMs).toISOString(),
    commit: commitOfTree(),
    postgres: stage.primary.postgres.majorVersion,
    nodes: cluster.nodes.length,
    leaseMs: stage.leaseMs,
    outageMs: Math.round(writer.outageSince(stage.struckMs)),
    doubleWritableMs: watch.doublePrimaryMs(),
    acknowledgedRows: writer.acknowledged.length,
    lostRows: rows?.lost.length ?? null,
    humanActions: healing.attachedMs === null ? 1 : 0,
    attachedMs: healing.attachedMs === null ? null : Math.round(healing.attachedMs),
    primaryMoved: primary !== stage.primary,
    causeNamed: cause === undefined ? null : found !== undefined,
    cause: found ?? '',
    explained: cause === undefined ? null : cause.test(explanation),
  };
}

/** What an administrator is told who asks afterwards, on the node that was primary, why it was so. */
async function explain({ cluster, primary, struckMs }: FaultStage): Promise<string> {
  const struckAt = new Date(Date.now() - (performance.now() - struckMs)).toISOString();
  const { stdout, stderr } = await primary.repmgr(['cluster', 'explain', '--at', struckAt]);
  writeFileSync(join(cluster.folder.path, explanationFile), `${stdout}${stderr}`);
  return stdout;
}

/** `unknown` where this isn't a working tree. */
function commitOfTree(): string {
  try {
    const args = ['-C', root, 'rev-parse', '--short', 'HEAD'];
    return execFileSync('git', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();
  } catch {
    return 'unknown';
  }
}

function keepLogs(cluster: TestCluster, folder: string): void {
  mkdirSync(folder, { recursive: true });
  const explanation = join(cluster.folder.path, explanationFile);
  if (existsSync(explanation)) cpSync(explanation, join(folder, explanationFile));
  for (const node of cluster.nodes) {
    const logs = ['repmgrd.log', 'repmgrd.log.out', 'postgresql.log'];
    for (const log of logs.filter((name) => existsSync(join(node.machine.folder, name)))) {
      cpSync(join(node.machine.folder, log), join(folder, `${node.name}.${log}`));
    }
  }
}
