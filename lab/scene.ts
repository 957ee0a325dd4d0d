import { setTimeout as sleep } from 'node:timers/promises';
import type { DoublePrimaryWatch } from './double-primary-watch.ts';
import type { TestClusterOptions } from './plan-cluster.ts';
import { TestCluster } from './test-cluster.ts';
import { waitFor } from './wait-for.ts';
import type { Verification, WritingClient } from './writing-client.ts';

/** A healthy cluster under load, observed. */
export interface Scene {
  readonly cluster: TestCluster;
  readonly writer: WritingClient;
  readonly watch: DoublePrimaryWatch;
  /** Resolves when the client has been told of a row that it sent after `sinceMs`. */
  readonly untilWritingAgain: (sinceMs: number, timeoutMs?: number) => Promise<void>;
  /** Lets time pass in which nothing is supposed to happen. */
  readonly watchQuietly: (ms: number) => Promise<void>;
}

/** What came of it, seen from outside; the client's rows compared with those of the primary at the end. */
export interface SceneReport extends Verification {
  readonly doublePrimaryMs: number;
}

/** Builds a cluster, starts client and watch, plays, and removes everything. */
export async function playScene(
  options: TestClusterOptions,
  play: (scene: Scene) => Promise<void>,
): Promise<SceneReport> {
  const cluster = await TestCluster.start(options);
  try {
    await cluster.prepareInstruments();
    const scene = openScene(cluster);
    scene.writer.start();
    scene.watch.start();
    try {
      await scene.untilWritingAgain(performance.now());
      await play(scene);
      await scene.untilWritingAgain(performance.now());
    } finally {
      await Promise.all([scene.writer.stop(), scene.watch.stop()]);
    }
    const primary = await cluster.waitForPrimary();
    const verification = await scene.writer.verify(primary.postgres);
    return { ...verification, doublePrimaryMs: scene.watch.doublePrimaryMs() };
  } finally {
    await cluster.destroy();
  }
}

function openScene(cluster: TestCluster): Scene {
  const writer = cluster.newWriter();
  return {
    cluster,
    writer,
    watch: cluster.newWatch(),
    untilWritingAgain: async (sinceMs, timeoutMs = 60_000) => {
      await waitFor(() => writer.firstAcknowledgedAfter(sinceMs) !== undefined, {
        what: 'the client to write again',
        timeoutMs,
        describe: () => cluster.describe(),
      });
    },
    watchQuietly: async (ms) => {
      await sleep(ms);
    },
  };
}
