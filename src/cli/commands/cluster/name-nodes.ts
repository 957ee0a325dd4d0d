import { type ClusterSnapshot, nodeOf } from '../../../decisions/outlook/cluster-snapshot.ts';
import type { NodeId } from '../../../domain/node.ts';

/** Daemons speak of nodes by their IDs; people know them by their names: `node 2` becomes `pg-b`. */
export function nameNodes(text: string, snapshot: ClusterSnapshot): string {
  const named = (id: string): string => nodeOf(snapshot, Number(id) as NodeId)?.nodeName ?? `node ${id}`;
  return text
    .replaceAll(/\bnodes (\d+(?:, \d+)*)/g, (_, ids: string) => ids.split(', ').map(named).join(', '))
    .replaceAll(/\bnode (\d+)\b/g, (_, id: string) => named(id));
}
