import { TestCluster } from '../lab/test-cluster.ts';
import { buildCluster } from './demo/build-cluster.ts';
import { playCrash } from './demo/crash-act.ts';
import { type DemoOptions, demoHelp, parseDemoOptions } from './demo/demo-options.ts';
import type { DemoResult } from './demo/demo-result.ts';
import { explainKept } from './demo/explain-kept.ts';
import { playHostLoss } from './demo/host-loss-act.ts';
import { Narrator } from './demo/narrator.ts';
import type { Stage } from './demo/stage.ts';
import { tellConclusion } from './demo/tell-conclusion.ts';

async function play(cluster: TestCluster, narrator: Narrator): Promise<DemoResult> {
  await buildCluster(cluster, narrator);
  await cluster.prepareInstruments();
  const stage: Stage = { cluster, narrator, writer: cluster.newWriter(), watch: cluster.newWatch() };
  stage.writer.start();
  stage.watch.start();
  narrator.say('A client writes a hundred rows a second and remembers each one that it was told is safe.');
  try {
    const crash = await playCrash(stage);
    const hostLoss = await playHostLoss(stage, await cluster.leaseMs());
    const doublePrimaryMs = stage.watch.doublePrimaryMs();
    const lost = crash.acknowledgedRowsLost + hostLoss.acknowledgedRowsLost;
    const result = { ok: lost === 0 && doublePrimaryMs === 0, crash, hostLoss, doublePrimaryMs };
    tellConclusion(stage, result);
    return result;
  } finally {
    await Promise.all([stage.writer.stop(), stage.watch.stop()]);
  }
}

/** Ctrl-C and SIGTERM end the demo at the next moment, with everything cleaned up. */
function interruption(): Promise<never> {
  return new Promise((_, reject) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
      process.once(signal, () => reject(new Error(`ended by ${signal}`)));
    }
  });
}

async function main(options: DemoOptions): Promise<number> {
  const interrupted = interruption();
  const narrator = new Narrator();
  const cluster = await TestCluster.prepare();
  let isKept = false;
  try {
    const result = await Promise.race([play(cluster, narrator), interrupted]);
    if (options.keep) {
      isKept = true;
      explainKept(cluster, narrator);
    }
    if (options.json) console.log(JSON.stringify(result));
    return result.ok ? 0 : 1;
  } finally {
    if (isKept) cluster.folder.keep();
    else await cluster.destroy();
  }
}

try {
  const options = parseDemoOptions(process.argv.slice(2));
  if (options === undefined) process.stdout.write(demoHelp);
  else process.exit(await main(options));
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
