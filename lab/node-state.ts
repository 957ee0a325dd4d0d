import type { ClusterNode } from './cluster-node.ts';

export interface NodeState {
  readonly name: string;
  readonly postgres: 'primary' | 'standby' | 'down';
  readonly timeline: number | null;
  readonly daemon: 'running' | 'down';
}

/** How PostgreSQL and the daemon of a node are, seen directly. */
export async function stateOf(node: ClusterNode): Promise<NodeState> {
  const daemon = node.isDaemonRunning() ? 'running' : 'down';
  const sql = 'SELECT pg_is_in_recovery() AS standby, timeline_id AS timeline FROM pg_control_checkpoint()';
  try {
    const rows = await node.postgres.query<{ standby: boolean; timeline: number }>(sql, [], {
      timeoutMs: 1_000,
    });
    const postgres = rows[0]?.standby === true ? 'standby' : 'primary';
    return { name: node.name, postgres, timeline: rows[0]?.timeline ?? null, daemon };
  } catch {
    // Refused, starting up, silent or not created yet: for a picture of the cluster all the same.
    return { name: node.name, postgres: 'down', timeline: null, daemon };
  }
}
