import { OperationFailed, QueryFailed } from '../domain/errors/repmgr-error.ts';
import type { NodeId, NodeRecord, NodeType } from '../domain/node.ts';
import type { Connection, Row } from '../ports/connection.ts';
import { boolean, integer, text, textOrNull } from './rows.ts';
import { hasTable } from './schema-state.ts';

const columns = `node_id, upstream_node_id, active, node_name, type, location, priority, conninfo, repluser,
  slot_name, config_file`;

/** All nodes in node_id order. */
export async function readNodes(connection: Connection): Promise<NodeRecord[]> {
  const rows = await connection.query(`SELECT ${columns} FROM repmgr.nodes ORDER BY node_id`);
  return rows.map(nodeFrom);
}

export async function readNode(connection: Connection, nodeId: NodeId): Promise<NodeRecord | undefined> {
  const [row] = await connection.query(`SELECT ${columns} FROM repmgr.nodes WHERE node_id = $1`, [nodeId]);
  return row === undefined ? undefined : nodeFrom(row);
}

export async function readNodeByName(
  connection: Connection,
  nodeName: string,
): Promise<NodeRecord | undefined> {
  const [row] = await connection.query(
    `SELECT ${columns} FROM repmgr.nodes WHERE node_name = $1 ORDER BY active DESC, node_id LIMIT 1`,
    [nodeName],
  );
  return row === undefined ? undefined : nodeFrom(row);
}

export async function readRecordedPrimary(connection: Connection): Promise<NodeRecord | undefined> {
  const [row] = await connection.query(
    `SELECT ${columns} FROM repmgr.nodes WHERE type = 'primary' AND active ORDER BY node_id LIMIT 1`,
  );
  return row === undefined ? undefined : nodeFrom(row);
}

export async function insertNode(connection: Connection, node: NodeRecord): Promise<void> {
  await connection.query(
    `INSERT INTO repmgr.nodes (${columns}) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`,
    valuesOf(node),
  );
}

export async function updateNode(connection: Connection, node: NodeRecord): Promise<boolean> {
  return changesRow(
    connection,
    `UPDATE repmgr.nodes
        SET upstream_node_id = $2, active = $3, node_name = $4, type = $5, location = $6, priority = $7,
            conninfo = $8, repluser = $9, slot_name = $10, config_file = $11
      WHERE node_id = $1 RETURNING node_id`,
    valuesOf(node),
  );
}

/** Removes the node and the address of its daemon. */
export async function deleteNode(connection: Connection, nodeId: NodeId): Promise<boolean> {
  if (await hasTable(connection, 'daemons')) {
    await connection.query('DELETE FROM repmgr.daemons WHERE node_id = $1', [nodeId]);
  }
  return changesRow(connection, 'DELETE FROM repmgr.nodes WHERE node_id = $1 RETURNING node_id', [nodeId]);
}

export function setActive(connection: Connection, nodeId: NodeId, active: boolean): Promise<boolean> {
  return changesRow(connection, 'UPDATE repmgr.nodes SET active = $2 WHERE node_id = $1 RETURNING node_id', [
    nodeId,
    active,
  ]);
}

export function setUpstream(
  connection: Connection,
  nodeId: NodeId,
  upstreamNodeId: NodeId | null,
): Promise<boolean> {
  return changesRow(
    connection,
    'UPDATE repmgr.nodes SET upstream_node_id = $2 WHERE node_id = $1 RETURNING node_id',
    [nodeId, upstreamNodeId],
  );
}

export function setSlotName(
  connection: Connection,
  nodeId: NodeId,
  slotName: string | null,
): Promise<boolean> {
  return changesRow(
    connection,
    'UPDATE repmgr.nodes SET slot_name = $2 WHERE node_id = $1 RETURNING node_id',
    [nodeId, slotName],
  );
}

export function recordStandby(
  connection: Connection,
  nodeId: NodeId,
  upstreamNodeId: NodeId,
): Promise<boolean> {
  return changesRow(
    connection,
    `UPDATE repmgr.nodes SET type = 'standby', upstream_node_id = $2, active = true
      WHERE node_id = $1 RETURNING node_id`,
    [nodeId, upstreamNodeId],
  );
}

/** One statement, hence atomic also without a transaction around it. */
export async function recordPromotion(connection: Connection, nodeId: NodeId): Promise<void> {
  const recorded = await changesRow(
    connection,
    `WITH deposed AS (
       UPDATE repmgr.nodes SET active = false WHERE type = 'primary' AND active AND node_id <> $1)
     UPDATE repmgr.nodes SET type = 'primary', upstream_node_id = NULL, active = true
      WHERE node_id = $1 RETURNING node_id`,
    [nodeId],
  );
  if (recorded) return;
  throw new OperationFailed(`node ${nodeId} has no record in repmgr.nodes, its promotion was not recorded`, {
    exit: 'DB_QUERY',
    hint: 'register the node with "repmgr primary register --force"',
    facts: { nodeId },
  });
}

async function changesRow(
  connection: Connection,
  sql: string,
  params: readonly (string | number | boolean | null)[],
): Promise<boolean> {
  return (await connection.query(sql, params)).length > 0;
}

function valuesOf(node: NodeRecord): readonly (string | number | boolean | null)[] {
  return [
    node.nodeId,
    node.upstreamNodeId,
    node.active,
    node.nodeName,
    node.type,
    node.location,
    node.priority,
    node.conninfo,
    node.replicationUser,
    node.slotName,
    node.configFile,
  ];
}

function nodeFrom(row: Row): NodeRecord {
  const upstream = textOrNull(row, 'upstream_node_id');
  return {
    nodeId: integer(row, 'node_id') as NodeId,
    upstreamNodeId: upstream === null ? null : (Number.parseInt(upstream, 10) as NodeId),
    active: boolean(row, 'active'),
    nodeName: text(row, 'node_name'),
    type: nodeTypeFrom(row),
    location: text(row, 'location'),
    priority: integer(row, 'priority'),
    conninfo: text(row, 'conninfo'),
    replicationUser: text(row, 'repluser'),
    slotName: textOrNull(row, 'slot_name'),
    configFile: text(row, 'config_file'),
  };
}

function nodeTypeFrom(row: Row): NodeType {
  const type = text(row, 'type');
  if (type === 'primary' || type === 'standby' || type === 'witness') return type;
  throw new QueryFailed(`node ${text(row, 'node_id')} is registered with the unsupported type "${type}"`, {
    hint: `remove the record: DELETE FROM repmgr.nodes WHERE node_id = ${text(row, 'node_id')}`,
    facts: { nodeId: integer(row, 'node_id'), type },
  });
}
