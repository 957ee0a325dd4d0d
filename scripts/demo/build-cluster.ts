import type { TestCluster } from '../../lab/test-cluster.ts';
import type { Narrator } from './narrator.ts';
import { nameOf } from './stage.ts';

/** Three nodes, set up with the commands that a user would type. */
export async function buildCluster(cluster: TestCluster, narrator: Narrator): Promise<void> {
  narrator.heading('Three nodes, built with the commands you would type');
  const primary = await cluster.createPrimary();
  narrator.say(`${nameOf(primary)}: initdb, then "repmgr primary register"`);
  for (const standby of cluster.nodes.slice(1)) {
    await cluster.createStandby(standby);
    narrator.say(`${nameOf(standby)}: "repmgr standby clone", then "repmgr standby register"`);
  }
  await cluster.makeSynchronous();
  narrator.say('Each commit waits for one of the two standbys (synchronous_standby_names = ANY 1).');
  cluster.startDaemons();
  await cluster.waitUntilHealthy();
  narrator.say('A repmgrd on each node; they have found each other and agree on the primary.');
}
