import type { ObservedNode } from '../../../decisions/cluster-view/observed-node.ts';
import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { observeNodes } from '../../../operations/observe-nodes.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { CommandContext } from '../../command.ts';
import { plainCsvLine } from '../../output/csv.ts';
import { connectForReading, readNodes } from '../../read-nodes.ts';
import { renderClusterTable } from './show-table.ts';
import { describeAll, type ShownNode, warningsOf } from './shown-node.ts';

/** `repmgr cluster show` */
export async function run(context: CommandContext): Promise<ExitName> {
  const nodes = await withConnection(
    () => connectForReading(context),
    (local) => readNodes(context, local),
  );
  const shown = describeAll(await observeNodes(context, nodes));
  const warnings = warningsOf(shown, context.options.verbose);
  print(context, shown, warnings);
  const isHealthy = warnings.length === 0 && shown.every(({ status }) => status.isHealthy);
  return isHealthy ? 'SUCCESS' : 'NODE_STATUS';
}

function print(context: CommandContext, shown: readonly ShownNode[], warnings: readonly string[]): void {
  const { out, options, log } = context;
  if (options.json) {
    out.json({ nodes: shown.map(asJson), warnings });
    return;
  }
  if (options.csv) {
    for (const { observed } of shown) out.line(plainCsvLine(csvOf(observed)));
    return;
  }
  out.write(renderClusterTable(shown, { compact: options.compact, colour: out.hasColour }));
  if (warnings.length === 0 || options.terse) return;
  out.line();
  log.warning(['something is not as it should be:', ...warnings].join('\n  - '), {
    hint: options.verbose ? undefined : 'use --verbose to see why a connection failed',
  });
}

/** Node id, 0 or -1 for reachable or not, 0 or 1 for out of or in recovery and -1 if that is unknown. */
function csvOf({ node, access, recoveryState }: ObservedNode): number[] {
  const recovery = { primary: 0, standby: 1, unknown: -1 }[recoveryState];
  return [node.nodeId, access === 'open' ? 0 : -1, recovery];
}

function asJson({ observed, status, upstream }: ShownNode): unknown {
  const { node } = observed;
  return {
    nodeId: node.nodeId,
    nodeName: node.nodeName,
    type: node.type,
    active: node.active,
    status: status.text,
    healthy: status.isHealthy,
    reachable: observed.access === 'open',
    failure: observed.failure,
    recoveryState: observed.recoveryState,
    upstreamNodeId: node.upstreamNodeId,
    upstream: upstream.cell.trim(),
    attachment: observed.attachment,
    location: node.location,
    priority: node.priority,
    timeline: observed.timeline,
    conninfo: node.conninfo,
  };
}
