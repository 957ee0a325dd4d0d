import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ClusterNode } from '../../lab/cluster-node.ts';
import type { TestCluster } from '../../lab/test-cluster.ts';

export interface DaemonCost {
  readonly rssMb: number;
  /** Of one core, in percent. */
  readonly cpuPercent: number;
}

/** User and system time of `repmgr --version`, in milliseconds. */
export async function versionCpuMs(cluster: TestCluster): Promise<number> {
  const program = join(cluster.folder.path, 'bin', 'repmgr');
  const script = `TIMEFORMAT='%3U %3S'; time '${program}' --version >/dev/null`;
  const { stderr } = await cluster.node(1).machine.run('bash', ['-c', script]);
  const [user, system] = stderr.trim().split(' ').map(Number);
  return ((user ?? Number.NaN) + (system ?? Number.NaN)) * 1_000;
}

/** Wall-clock time of `repmgr cluster show` on node 1, in milliseconds. */
export async function clusterShowMs(cluster: TestCluster): Promise<number> {
  const began = performance.now();
  await cluster.node(1).repmgr(['cluster', 'show']);
  return performance.now() - began;
}

/** The same with node 3 frozen: its kernel still accepts connections, and nothing ever answers. */
export async function clusterShowWithSilentNodeMs(cluster: TestCluster): Promise<number> {
  const silent = cluster.node(3);
  silent.freeze();
  try {
    return await clusterShowMs(cluster);
  } finally {
    silent.thaw();
  }
}

/** What an idle daemon costs over `ms`. */
export async function daemonCost(node: ClusterNode, ms: number): Promise<DaemonCost> {
  const pid = node.daemonPid;
  const beforeTicks = cpuTicks(pid);
  const began = performance.now();
  await sleep(ms);
  const seconds = (performance.now() - began) / 1_000;
  // proc(5): in ticks of USER_HZ, which is 100 on all Linux platforms.
  const cpuPercent = (cpuTicks(pid) - beforeTicks) / seconds;
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const rssMb = Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1_024;
  return { rssMb, cpuPercent };
}

function cpuTicks(pid: number | undefined): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // proc(5): fields 14 and 15; the name in field 2 may hold blanks, so count from its closing parenthesis.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return Number(fields[11]) + Number(fields[12]);
}
