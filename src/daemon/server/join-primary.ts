import { effectiveStateDirectory } from '../../config/effective-settings.ts';
import { expandFollowCommand } from '../../config/expand-placeholders.ts';
import type { OperationResult } from '../../decisions/failover/events-and-effects.ts';
import { chooseRejoinMethod, type RejoinVerdict } from '../../decisions/rejoin/choose-rejoin-method.ts';
import { OperationFailed } from '../../domain/errors/repmgr-error.ts';
import { describeNode } from '../../domain/node.ts';
import type { Voter } from '../../domain/voting-configuration.ts';
import { type ConnectedNode, followUpstream } from '../../operations/follow-upstream.ts';
import { gatherRejoinEvidence } from '../../operations/gather-rejoin-evidence.ts';
import { settleCopies } from '../../operations/journal/settle-journal.ts';
import { finishReclone, recloneNode } from '../../operations/reclone-node.ts';
import { recordEvent } from '../../operations/record-event.ts';
import { rejoinNode } from '../../operations/rejoin-node.ts';
import { resumeRewind } from '../../operations/rewind-node.ts';
import { type Node, operationContext } from '../node.ts';
import { dropAside } from './hold-receiver.ts';

const connectLimitMs = 3_000;
const stopLimitMs = 30_000;

/** The primary as its own metadata knows it, over an open connection. */
async function connectTo(node: Node, voter: Voter, signal: AbortSignal): Promise<ConnectedNode> {
  const { adapters } = node;
  const connection = await adapters.connections.connect(voter.conninfo, {
    timeoutMs: connectLimitMs,
    signal,
  });
  try {
    const record = await adapters.metadata.node(connection, voter.nodeId);
    if (record !== undefined) return { node: record, connection };
    throw new OperationFailed(`node ${voter.nodeId} has no record of itself in its metadata`, {
      hint: 'register it again with "repmgr primary register --force"',
    });
  } catch (error) {
    connection.destroy();
    throw error;
  }
}

/** Re-points the running standby to the new primary: reload on 13+, `follow_command` where configured. */
export async function followNewPrimary(
  node: Node,
  voter: Voter,
  signal: AbortSignal,
): Promise<OperationResult & { kind: 'follow' }> {
  const primary = await connectTo(node, voter, signal);
  try {
    const { follow_command: command, standby_follow_timeout: timeoutSecs } = node.settings.settings;
    const context = operationContext(node, signal);
    if (command !== '') await runFollowCommand(node, { command, voter, signal });
    else {
      await followUpstream(context, {
        target: primary,
        primary,
        localServer: node.localServer,
        slotRoles: {},
        keepFormerSlot: true,
        attachTimeoutMs: timeoutSecs * 1_000,
      });
    }
    await dropAside(node);
    const details = `node ${node.nodeId} now follows ${describeNode(primary.node)}`;
    await recordEvent(
      context,
      { nodeId: node.nodeId, event: 'repmgrd_failover_follow', successful: true, details },
      primary.connection,
    );
    return { kind: 'follow', ok: true, reason: null };
  } finally {
    await primary.connection.close();
  }
}

const followCommandLimitMs = 300_000;

async function runFollowCommand(
  { adapters, log }: Node,
  { command, voter, signal }: { command: string; voter: Voter; signal: AbortSignal },
): Promise<void> {
  const expanded = expandFollowCommand(command, { nodeId: voter.nodeId });
  log.notice(`running follow_command: ${expanded}`);
  const result = await adapters.runner.run({
    command: expanded,
    shell: true,
    timeoutMs: followCommandLimitMs,
    signal,
  });
  if (result.exitStatus === 0) return;
  throw new OperationFailed(`follow_command ended with ${result.exitStatus ?? result.signalName}`, {
    exit: 'FOLLOW_FAIL',
    detail: result.stderr.trim().slice(-2_000),
    hint: 'run it by hand; without follow_command repmgrd follows by itself',
  });
}

/**
 * Brings this node back as a standby of the primary by whatever its data allows (failover.md §8): stream, rewind,
 * or a new copy beside the old directory.
 */
export async function rejoinPrimary(
  node: Node,
  voter: Voter,
  signal: AbortSignal,
): Promise<OperationResult & { kind: 'rejoin' }> {
  const { localServer, log } = node;
  const context = operationContext(node, signal);
  const primary = await connectTo(node, voter, signal);
  try {
    await stopServer(node, signal);
    const unproven = await settleCopies(context, { includesDirect: false });
    if (unproven !== undefined) {
      await finishReclone(context, { primary, localServer, unproven });
      await dropAside(node);
      return { kind: 'rejoin', ok: true, reason: null };
    }
    await resumeRewind(context, localServer);
    const evidence = await gatherRejoinEvidence(context, {
      primary,
      localServer,
      allowed: { rewind: true, crashRecovery: true, reclone: node.settings.settings.auto_reclone },
    });
    const verdict = chooseRejoinMethod(evidence);
    log.notice(`rejoining ${describeNode(primary.node)} by ${verdict.method}: ${verdict.message}`, {
      detail: verdict.evidence.join('; '),
    });
    await carryOut(node, { primary, evidence, verdict, signal });
    await dropAside(node);
    return { kind: 'rejoin', ok: true, reason: null };
  } finally {
    await primary.connection.close();
  }
}

async function stopServer({ localServer }: Node, signal: AbortSignal): Promise<void> {
  if ((await localServer.processState()).kind !== 'running') return;
  await localServer.stop({ mode: 'fast', wait: true, timeoutMs: stopLimitMs, signal });
}

interface Rejoin {
  readonly primary: ConnectedNode;
  readonly evidence: Parameters<typeof chooseRejoinMethod>[0];
  readonly verdict: RejoinVerdict;
  readonly signal: AbortSignal;
}

async function carryOut(node: Node, { primary, evidence, verdict, signal }: Rejoin): Promise<void> {
  const context = operationContext(node, signal);
  const { localServer } = node;
  if (verdict.method === 'impossible') {
    throw new OperationFailed(`this node cannot rejoin by itself: ${verdict.message}`, {
      exit: 'REJOIN_FAIL',
      detail: verdict.evidence.join('; '),
      ...(verdict.hint === null ? {} : { hint: verdict.hint }),
    });
  }
  if (verdict.method !== 'reclone') {
    try {
      await rejoinNode(context, {
        primary,
        localServer,
        evidence,
        verdict,
        rewind: { configFiles: [], archiveRoot: effectiveStateDirectory(node.settings.settings) },
        waitForAttachment: true,
      });
      return;
    } catch (error) {
      if (verdict.method !== 'rewind' || !evidence.allowed.reclone || signal.aborted) throw error;
      node.log.warning('the rewind failed; making a new copy beside the old data directory', {
        detail: error instanceof Error ? error.message : String(error),
      });
      await stopServer(node, signal);
    }
  }
  await recloneNode(context, { primary, localServer, evidence, verdict });
}
