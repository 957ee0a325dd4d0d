import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { describeNode, type NodeRecord } from '../../../domain/node.ts';
import type { DaemonStatus } from '../../../domain/peer-messages.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { type ObservedDaemon, observeDaemons, withPeerNetwork } from '../../../operations/observe-daemons.ts';
import { observeNodes } from '../../../operations/observe-nodes.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { Connection } from '../../../ports/connection.ts';
import type { CommandContext } from '../../command.ts';
import { plainCsvLine } from '../../output/csv.ts';
import { readNodes } from '../../read-nodes.ts';
import { describeAll, warningsOf } from '../cluster/shown-node.ts';
import { renderServiceTable, type ServiceRow } from './status-table.ts';

/** `repmgr service status` */
export async function run(context: CommandContext): Promise<ExitName> {
  const { rows, warnings } = await withConnection(
    () => connectToLocal(context),
    (local) => gather(context, local),
  );
  print(context, rows, warnings);
  return 'SUCCESS';
}

async function gather(
  context: CommandContext,
  local: Connection,
): Promise<{ rows: ServiceRow[]; warnings: string[] }> {
  const nodes = await readNodes(context, local);
  const [observed, daemons] = await Promise.all([observeNodes(context, nodes), askDaemons(context, local)]);
  const shown = describeAll(observed);
  const rows = shown.map((one) => ({ ...one, daemon: daemonOf(one.observed.node, daemons) }));
  const silent = rows.flatMap(({ observed: { node }, daemon }) =>
    daemon.reason === null ? [] : [`repmgrd of ${describeNode(node)} does not answer: ${daemon.reason}`],
  );
  return { rows, warnings: [...warningsOf(shown, context.options.verbose), ...silent] };
}

async function askDaemons(context: CommandContext, local: Connection): Promise<ObservedDaemon[]> {
  const addresses = await context.adapters.metadata.daemonAddresses(local);
  if (addresses.length === 0) return [];
  return withPeerNetwork(context, local, (network) => observeDaemons(context, network, addresses));
}

function daemonOf(node: NodeRecord, daemons: readonly ObservedDaemon[]): ServiceRow['daemon'] {
  const found = daemons.find(({ address }) => address.nodeId === node.nodeId);
  if (found === undefined) {
    return { status: null, reason: 'it has no address; register the node again with --force' };
  }
  if (found.answer.kind === 'silent') return { status: null, reason: found.answer.reason };
  if (found.answer.status.nodeId === node.nodeId) return { status: found.answer.status, reason: null };
  return {
    status: null,
    reason: `at its address the repmgrd of node ID ${found.answer.status.nodeId} answers`,
  };
}

function print(context: CommandContext, rows: readonly ServiceRow[], warnings: readonly string[]): void {
  const { out, options, log } = context;
  if (options.json) {
    out.json({ nodes: rows.map(asJson), warnings });
    return;
  }
  if (options.csv) {
    for (const row of rows) out.line(plainCsvLine(csvOf(row)));
    return;
  }
  const { compact, detail } = options;
  out.write(renderServiceTable(rows, { compact, detail, colour: out.hasColour }));
  if (warnings.length === 0 || options.terse) return;
  out.line();
  log.warning(['something is not as it should be:', ...warnings].join('\n  - '));
}

function csvOf({ observed: { node, access }, daemon: { status } }: ServiceRow): (string | number)[] {
  const isOpen = access === 'open';
  const isRunning = status === null ? (isOpen ? 0 : -1) : 1;
  return [
    node.nodeId,
    node.nodeName,
    node.type,
    isOpen ? 1 : 0,
    isRunning,
    status?.pid ?? -1,
    status === null ? -1 : Number(status.paused),
    node.priority,
    status?.upstreamLastSeenSecs ?? -1,
    node.location,
  ];
}

function asJson({ observed, status, upstream, daemon }: ServiceRow): unknown {
  const { node } = observed;
  return {
    nodeId: node.nodeId,
    nodeName: node.nodeName,
    type: node.type,
    status: status.text,
    healthy: status.isHealthy,
    reachable: observed.access === 'open',
    upstream: upstream.cell.trim(),
    location: node.location,
    priority: node.priority,
    repmgrd: daemon.status === null ? null : daemonJson(daemon.status),
    reason: daemon.reason,
  };
}

function daemonJson(status: DaemonStatus): unknown {
  const { pid, paused, role, term, primary, startedAt, version, upstreamLastSeenSecs, explanation } = status;
  return { pid, paused, role, term, primary, startedAt, version, upstreamLastSeenSecs, explanation };
}
