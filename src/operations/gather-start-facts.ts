import type { LocalAnswer, PeerView, StartFacts, VoterMemory } from '../decisions/guard/judge-start.ts';
import type { NodeId } from '../domain/node.ts';
import type { DaemonStatus } from '../domain/peer-messages.ts';
import type { LocalServer } from '../ports/local-server.ts';
import type { PeerNetwork } from '../ports/peer-network.ts';
import { askDaemon, localDaemonAddress } from './daemon-access.ts';
import { withPeerNetwork } from './observe-daemons.ts';
import type { OperationContext } from './operation-context.ts';
import { latestReignOf, type RememberedVoter, readVoterMemory } from './read-voter-memory.ts';
import { waitUntil } from './wait-until.ts';

export interface StartInquiry {
  readonly localServer: LocalServer;
  /** All questions to daemons have to be answered within it. */
  readonly timeoutMs: number;
}

const askAgainMs = 100;

type GatherContext = Pick<OperationContext, 'adapters' | 'settings' | 'signal'>;

/** Observes what {@link judgeStart} judges by; changes nothing. Daemons are asked only where it matters. */
export async function gatherStartFacts(context: GatherContext, inquiry: StartInquiry): Promise<StartFacts> {
  const nodeId = context.settings.settings.node_id as NodeId;
  const [start, { memory, voters }] = await Promise.all([
    wayOfStart(context, inquiry.localServer),
    readVoterMemory(context),
  ]);
  const silent = { kind: 'silent', reason: 'it was not asked' } as const;
  const base = { nodeId, start, memory };
  if (start !== 'open' || !needsAnswers(memory)) return { ...base, daemon: silent, peers: [] };
  const others = memory.kind === 'voter' && memory.isSuspended ? voters.filter(isOther(nodeId)) : [];
  try {
    return await withPeerNetwork(context, undefined, async (network) => {
      const [daemon, peers] = await Promise.all([
        askOwnDaemon(context, network, inquiry.timeoutMs),
        Promise.all(others.map((voter) => askPeer(context, { network, voter, ...inquiry }))),
      ]);
      return { ...base, daemon, peers };
    });
  } catch (error) {
    // Without the cluster key nobody can be asked: that is an answer too.
    const reason = error instanceof Error ? error.message : String(error);
    return { ...base, daemon: { kind: 'silent', reason }, peers: [] };
  }
}

async function wayOfStart(
  { adapters }: GatherContext,
  localServer: LocalServer,
): Promise<StartFacts['start']> {
  if ((await localServer.processState()).kind === 'running') return 'runs already';
  if (await localServer.hasStandbySignal()) return 'in recovery';
  const hasRecoverySignal = await adapters.files.exists(`${localServer.dataDirectory}/recovery.signal`);
  return hasRecoverySignal ? 'in recovery' : 'open';
}

function needsAnswers(memory: VoterMemory): boolean {
  return memory.kind === 'voter' && memory.voterIds.length > 1;
}

const isOther = (nodeId: NodeId) => (voter: RememberedVoter) => voter.nodeId !== nodeId;

/** An answer that is about to change is asked for again. */
async function askOwnDaemon(
  context: GatherContext,
  network: PeerNetwork,
  timeoutMs: number,
): Promise<LocalAnswer> {
  const { adapters, settings, signal } = context;
  const deadlineMs = adapters.clock.monotonicMs() + timeoutMs;
  let latest: LocalAnswer = { kind: 'silent', reason: 'it was not asked' };
  const wait = { clock: adapters.clock, intervalMs: askAgainMs, timeoutMs, signal };
  const settled = await waitUntil(wait, async () => {
    const leftMs = Math.max(1, deadlineMs - adapters.clock.monotonicMs());
    const answer = await askDaemon(network, localDaemonAddress(context), { timeoutMs: leftMs, signal });
    latest =
      answer.kind === 'silent' ? answer : openingOf(answer.status, settings.settings.node_id as NodeId);
    return latest.kind === 'opening' && latest.mayOpen === 'undecided' ? undefined : latest;
  });
  return settled ?? latest;
}

function openingOf(status: DaemonStatus, nodeId: NodeId): LocalAnswer {
  if (status.nodeId !== nodeId)
    return { kind: 'silent', reason: `at its address the repmgrd of node ${status.nodeId} answers` };
  if (status.opening === undefined) return { kind: 'silent', reason: 'it is of an earlier release' };
  return { kind: 'opening', ...status.opening };
}

async function askPeer(
  { signal }: GatherContext,
  { network, voter, timeoutMs }: { network: PeerNetwork; voter: RememberedVoter; timeoutMs: number },
): Promise<PeerView> {
  const { nodeId } = voter;
  const answer = await askDaemon(network, voter, { timeoutMs, signal });
  if (answer.kind === 'silent' || answer.status.nodeId !== nodeId) return { nodeId, view: null };
  const { status } = answer;
  return {
    nodeId,
    view: {
      isSuspended: status.paused || status.manual,
      leads: status.role === 'primary' || status.role === 'promoting',
      primary: status.primary,
      latestReign: latestReignOf(status.reigns),
    },
  };
}
