import { join } from 'node:path';
import { orphanRemover } from '../../lab/temporary-folder.ts';
import type { TestCluster } from '../../lab/test-cluster.ts';
import { unprivilegedUser } from '../../lab/unprivileged-user.ts';
import type { Narrator } from './narrator.ts';

/** How to play with the cluster that `--keep` leaves behind, and how to get rid of it. */
export function explainKept(cluster: TestCluster, narrator: Narrator): void {
  const folder = cluster.folder.path;
  const user = unprivilegedUser();
  const as = user.mustSwitch ? `runuser -u ${user.name} -- ` : '';
  const repmgr = `${as}${join(folder, 'bin', 'repmgr')} -f ${cluster.node(1).configFile}`;
  const hosts = cluster.nodes.map((node) => node.machine.address).join(',');
  const port = cluster.node(1).port;
  narrator.heading('The cluster goes on running');
  narrator.quote(
    [
      `${repmgr} cluster show`,
      `${repmgr} cluster event`,
      `psql "host=${hosts} port=${port} user=postgres target_session_attrs=read-write"`,
      `logs and configuration: ${folder}/node*/`,
      '',
      'To stop and remove it:',
      `sh ${orphanRemover} ${folder} </dev/null`,
    ].join('\n'),
  );
}
