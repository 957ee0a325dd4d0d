import { chooseRejoinMethod, type RejoinVerdict } from '../../../decisions/rejoin/choose-rejoin-method.ts';
import { needsReplicationSlot } from '../../../decisions/slots/uses-replication-slots.ts';
import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import {
  ConfigurationError,
  LocalCommandFailed,
  OperationFailed,
} from '../../../domain/errors/repmgr-error.ts';
import { describeNode, type NodeId, type NodeRecord, slotNameFor } from '../../../domain/node.ts';
import { archiveDirectoryFor, checkArchive } from '../../../operations/archive-configuration-files.ts';
import { commandText } from '../../../operations/clone-standby.ts';
import type { ConnectedNode } from '../../../operations/follow-upstream.ts';
import { findFreeSlot } from '../../../operations/free-slot.ts';
import { gatherRejoinEvidence } from '../../../operations/gather-rejoin-evidence.ts';
import { settleCopies } from '../../../operations/journal/settle-journal.ts';
import { programPath } from '../../../operations/program-path.ts';
import { finishReclone } from '../../../operations/reclone-node.ts';
import { type RejoinOptions, type RejoinResult, rejoinNode } from '../../../operations/rejoin-node.ts';
import { resumeRewind } from '../../../operations/rewind-node.ts';
import { slotSetting } from '../../../operations/slot-setting.ts';
import type { LocalServer } from '../../../ports/local-server.ts';
import { applyOptionsToSettings } from '../../apply-options-to-settings.ts';
import type { CommandContext, CommandRun } from '../../command.ts';
import { createProgressLine } from '../../output/progress-line.ts';
import { connectToRecordedPrimary } from './connect-to-recorded-primary.ts';
import { requireStopped } from './require-stopped.ts';

/** `repmgr node rejoin`: brings the stopped local node back as a standby of the primary. */
export const run: CommandRun = async (given) => {
  const context = { ...given, settings: applyOptionsToSettings(given.settings, given.options) };
  const localServer = context.adapters.localServer(context.settings.settings);
  await requireStopped(context, localServer);
  const primary = await connectToRecordedPrimary(context);
  try {
    return await rejoin(context, { localServer, primary });
  } finally {
    await primary.connection.close();
  }
};

interface Parties {
  readonly localServer: LocalServer;
  readonly primary: ConnectedNode;
}

async function rejoin(context: CommandContext, parties: Parties): Promise<ExitName> {
  const { options, log } = context;
  const own = await requireOwnRecord(context, parties.primary);
  await requireFreeSlot(context, parties.primary, own);
  if (!options['dry-run'] && (await resume(context, parties))) return 'SUCCESS';
  const mayRewind = options['force-rewind'] !== undefined;
  const evidence = await gatherRejoinEvidence(context, {
    ...parties,
    allowed: { rewind: mayRewind, crashRecovery: mayRewind, reclone: false },
  });
  const verdict = chooseRejoinMethod(evidence);
  tellVerdict(context, verdict);
  const plan: RejoinOptions = {
    ...parties,
    evidence,
    verdict,
    rewind: rewindOptions(context),
    waitForAttachment: !options['no-wait'],
  };
  if (options['dry-run']) {
    if (verdict.method === 'rewind') await checkRewind(context, plan);
    tellPlan(context, plan);
    return 'SUCCESS';
  }
  const result = await rejoinNode(context, plan);
  tellResult(context, parties.primary, result);
  if (!result.isAttached) {
    log.info('whether this node streams was not waited for (--no-wait)', {
      hint: 'check it with "repmgr cluster show"',
    });
  }
  return 'SUCCESS';
}

/** Finishes what was interrupted here before; true when the node is back by that alone. */
async function resume(context: CommandContext, parties: Parties): Promise<boolean> {
  const unproven = await settleCopies(context, { includesDirect: false });
  if (unproven !== undefined) {
    await finishReclone(context, { ...parties, unproven });
    return true;
  }
  await resumeRewind(context, parties.localServer);
  return false;
}

async function requireOwnRecord(
  { adapters, settings }: CommandContext,
  primary: ConnectedNode,
): Promise<NodeRecord> {
  const nodeId = settings.settings.node_id as NodeId;
  const own = await adapters.metadata.node(primary.connection, nodeId);
  if (own !== undefined && nodeId !== primary.node.nodeId) return own;
  throw new ConfigurationError(
    own === undefined
      ? `this node (ID: ${nodeId}) is not registered on ${describeNode(primary.node)}`
      : `this node (ID: ${nodeId}) is the recorded primary itself`,
    { hint: 'check node_id in repmgr.conf and "repmgr cluster show"' },
  );
}

async function requireFreeSlot(
  context: CommandContext,
  primary: ConnectedNode,
  own: NodeRecord,
): Promise<void> {
  const { settings } = context;
  const { serverVersionNum } = primary.connection;
  if (!needsReplicationSlot(slotSetting(settings), own, serverVersionNum)) return;
  const slotName = own.slotName ?? slotNameFor(own.nodeId);
  const { isAvailable, used, limit } = await findFreeSlot(context, primary.connection, slotName);
  if (isAvailable) return;
  throw new ConfigurationError(`no replication slot is free on ${describeNode(primary.node)}`, {
    detail: `${used} of ${limit} are taken`,
    hint: 'drop slots that nobody needs there, or increase max_replication_slots',
  });
}

/** @throws OperationFailed when the node can't be brought back by the means that are allowed. */
function tellVerdict({ log, settings }: CommandContext, verdict: RejoinVerdict): void {
  const { message, evidence, method, reason, hint } = verdict;
  const nodeName = settings.settings.node_name;
  if (method !== 'impossible') {
    log.info(`method: ${method}; ${message}`, { detail: evidence.join('; ') });
    return;
  }
  throw new OperationFailed(`node "${nodeName}" can not rejoin: ${message}`, {
    exit: reason === 'rewindImpossible' ? 'BAD_CONFIG' : 'REJOIN_FAIL',
    detail: evidence.join('; '),
    ...(hint === null ? {} : { hint }),
  });
}

function rewindOptions({ options, out, adapters }: CommandContext): RejoinOptions['rewind'] {
  const program = options['force-rewind'];
  const configFiles = (options['config-files'] ?? '').split(',').map((name) => name.trim());
  return {
    configFiles: configFiles.filter((name) => name !== ''),
    archiveRoot: options['config-archive-dir'],
    progress: createProgressLine('rewind', out, adapters.clock),
    ...(typeof program === 'string' ? { program } : {}),
  };
}

/** @throws ConfigurationError or OperationFailed when files could not be kept, or there is no pg_rewind. */
async function checkRewind(context: CommandContext, { localServer, rewind }: RejoinOptions): Promise<void> {
  const { settings, adapters, signal } = context;
  const { dataDirectory } = localServer;
  const { archiveRoot, configFiles: names } = rewind;
  await checkArchive(context, { dataDirectory, archiveRoot, names });
  const command = rewind.program ?? programPath(settings.settings, 'pg_rewind');
  try {
    await adapters.runner.run({ command, args: ['--version'], timeoutMs: 10_000, signal });
  } catch (error) {
    if (!(error instanceof LocalCommandFailed)) throw error;
    const { message, hint = '' } = error;
    throw new OperationFailed(message, { exit: 'REJOIN_FAIL', hint, cause: error });
  }
}

function tellPlan(context: CommandContext, { verdict, primary, localServer, rewind }: RejoinOptions): void {
  const { log, settings } = context;
  if (verdict.method === 'rewind') {
    const archive = archiveDirectoryFor(context, rewind.archiveRoot);
    log.info(`would keep the WAL that only this node has, and configuration files in "${archive}"`);
    const program = rewind.program ?? programPath(settings.settings, 'pg_rewind');
    const source = `--source-server=${primary.connection.description}`;
    log.info(`would run: ${commandText(program, ['-D', localServer.dataDirectory, source])}`);
  }
  log.info(`would write the replication configuration to follow ${describeNode(primary.node)}`);
  log.info(`would start the server with: ${localServer.describe('start')}`);
  log.info('prerequisites for "node rejoin" are met');
}

function tellResult({ log, settings }: CommandContext, primary: ConnectedNode, result: RejoinResult): void {
  const seconds = (result.durationMs / 1_000).toFixed(1);
  const state = result.isAttached ? 'streams from' : 'was started to follow';
  log.notice(`node "${settings.settings.node_name}" ${state} ${describeNode(primary.node)} (${seconds} s)`);
  if (result.divergedDirectory === null) return;
  log.notice(
    `${result.divergedBytes ?? 'an unknown number of'} bytes of WAL with ${result.divergedCommits} committed transaction(s) were rewound`,
    { hint: `see "${result.divergedDirectory}/summary.txt"` },
  );
}
