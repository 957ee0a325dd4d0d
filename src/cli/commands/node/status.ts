import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { ConfigurationError } from '../../../domain/errors/repmgr-error.ts';
import type { NodeId } from '../../../domain/node.ts';
import { connectToLocal } from '../../../operations/connect-to-local.ts';
import { withConnection } from '../../../operations/with-connection.ts';
import type { CommandContext } from '../../command.ts';
import { describeLocalNode } from '../../describe-local-node.ts';
import { quotedCsvLine } from '../../output/csv.ts';
import { countsOf, describeFacts, warningsOf } from './describe-node-facts.ts';
import { gatherNodeFacts, type NodeFacts } from './gather-node-facts.ts';
import { reportShutdownState } from './report-shutdown-state.ts';

/** `repmgr node status` */
export function run(context: CommandContext): Promise<ExitName> {
  if (context.options['is-shutdown-cleanly']) return reportShutdownState(context);
  return withConnection(
    () => connectToLocal(context),
    async (local) => {
      const { metadata } = context.adapters;
      const node = await metadata.node(local, context.settings.settings.node_id as NodeId);
      if (node === undefined) {
        throw new ConfigurationError(`${describeLocalNode(context)} is not registered`, {
          hint: 'register it with "repmgr primary register" or "repmgr standby register"',
        });
      }
      return show(context, await gatherNodeFacts(context, local, node));
    },
  );
}

function show(context: CommandContext, facts: NodeFacts): ExitName {
  const { out, options, log } = context;
  const warnings = warningsOf(facts, options.verbose);
  if (options.json) showJson(context, facts, warnings);
  else if (options.csv) showCsv(context, facts);
  else {
    showText(context, facts);
    if (warnings.length > 0 && !options.terse) {
      log.warning(['something is not as it should be:', ...warnings].join('\n  - '));
    }
  }
  if (!options.json && !options.csv) out.line();
  return warnings.length === 0 ? 'SUCCESS' : 'NODE_STATUS';
}

function showText({ out, options }: CommandContext, facts: NodeFacts): void {
  out.line(`Node "${facts.node.nodeName}":`);
  for (const { key, text } of describeFacts(facts, options.verbose)) {
    if (text !== undefined) out.line(`\t${key}: ${text}`);
  }
}

function showCsv({ out, options }: CommandContext, facts: NodeFacts): void {
  out.line(quotedCsvLine(['Node name', facts.node.nodeName]));
  out.line(quotedCsvLine(['Node ID', String(facts.node.nodeId)]));
  for (const { key, csv } of describeFacts(facts, options.verbose)) {
    if (csv !== undefined) out.line(quotedCsvLine([key, csv]));
  }
  for (const { key, count, names } of countsOf(facts)) out.line(quotedCsvLine([key, count, ...names]));
}

function showJson({ out }: CommandContext, facts: NodeFacts, warnings: readonly string[]): void {
  const entries = describeFacts(facts, true).map(({ key, csv }): [string, unknown] => [
    camelCase(key),
    csv ?? null,
  ]);
  const counts = countsOf(facts).map(({ key, count }): [string, unknown] => [camelCase(key), count]);
  const { nodeId, nodeName } = facts.node;
  out.json({
    nodeId,
    nodeName,
    ...Object.fromEntries(entries),
    ...Object.fromEntries(counts),
    inactiveSlots: facts.inactiveSlots,
    missingSlots: facts.missingSlots,
    warnings,
  });
}

/** `Total data size` and `max_wal_senders` become totalDataSize and maxWalSenders. */
function camelCase(key: string): string {
  return key
    .toLowerCase()
    .replace(/^postgresql/, 'postgresql')
    .replace(/[ _]([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
