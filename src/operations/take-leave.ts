import { effectiveStateDirectory } from '../config/effective-settings.ts';
import type { LoadedSettings } from '../config/loaded-settings.ts';
import { type EndedReign, endReign, type Memory } from '../decisions/failover/end-reign.ts';
import { OperationFailed } from '../domain/errors/repmgr-error.ts';
import type { NodeId } from '../domain/node.ts';
import type { Release } from '../domain/peer-messages.ts';
import type { Adapters } from '../ports/adapters.ts';
import { openPeerNetwork } from './daemon-access.ts';
import type { RememberedVoter } from './read-voter-memory.ts';
import { voterStateFile } from './state-directory.ts';

export interface LeaveContext {
  readonly adapters: Adapters;
  readonly settings: Pick<LoadedSettings, 'settings'>;
  readonly signal: AbortSignal;
}

export interface LeaveOptions {
  /** Whether no repmgrd of this node lives, which nobody but the caller can tell. */
  readonly isDaemonDead: () => Promise<boolean>;
  /** For killing what is left of a server without a postmaster, and for each voter's answer. */
  readonly timeoutMs: number;
}

export type Leave =
  | { readonly kind: 'alive'; readonly who: 'repmgrd' | 'PostgreSQL' }
  /** Nobody can be bound to this node. */
  | { readonly kind: 'nothing to end' }
  | {
      readonly kind: 'ended';
      readonly term: number;
      readonly told: readonly NodeId[];
      readonly silent: readonly NodeId[];
    };

interface StoredVoter {
  readonly path: string;
  readonly content: Readonly<Record<string, unknown>>;
  readonly memory: Memory;
  readonly voters: readonly RememberedVoter[];
}

/**
 * Ends the reign of this node in the name of a daemon and a server that are both verified dead: stores it, makes sure
 * that PostgreSQL starts in recovery only, and frees the voters of what they promised (failover.md §4).
 * @throws OperationFailed when the state file or standby.signal can't be read or written: then nobody was told.
 */
export async function takeLeave(context: LeaveContext, options: LeaveOptions): Promise<Leave> {
  const stored = await readStored(context);
  const nodeId = context.settings.settings.node_id as NodeId;
  const ended = stored === undefined ? null : endReign(stored.memory, nodeId);
  if (stored === undefined || ended === null) return { kind: 'nothing to end' };
  if (!(await options.isDaemonDead())) return { kind: 'alive', who: 'repmgrd' };
  const server = context.adapters.localServer(context.settings.settings);
  if (!(await isServerDead(server, options.timeoutMs))) return { kind: 'alive', who: 'PostgreSQL' };
  // A daemon that has come up meanwhile owns the file.
  if (!(await options.isDaemonDead())) return { kind: 'alive', who: 'repmgrd' };
  await store(context, stored, ended);
  await server.writeStandbySignal();
  // Started in between, without having seen standby.signal.
  if ((await server.processState()).kind === 'running') return { kind: 'alive', who: 'PostgreSQL' };
  const others = stored.voters.filter((voter) => voter.nodeId !== nodeId);
  return tellVoters(context, others, { release: { nodeId, term: ended.term }, timeoutMs: options.timeoutMs });
}

/** Children that outlived their postmaster may still finish a commit: they are killed. */
async function isServerDead(
  server: ReturnType<LeaveContext['adapters']['localServer']>,
  deadlineMs: number,
): Promise<boolean> {
  if ((await server.processState()).kind === 'running') return false;
  return (await server.fence({ quitMs: 0, deadlineMs })).verified;
}

async function readStored({ adapters, settings }: LeaveContext): Promise<StoredVoter | undefined> {
  const path = `${effectiveStateDirectory(settings.settings)}/${voterStateFile}`;
  const text = await adapters.files.readText(path);
  if (text === undefined) return undefined;
  const content = parse(text);
  const { term, votedFor, reigns, intent, endedReigns } = content;
  const isComplete =
    typeof term === 'number' &&
    typeof intent === 'string' &&
    Array.isArray(reigns) &&
    Array.isArray(endedReigns);
  if (!isComplete || votedFor === undefined) {
    throw new OperationFailed(`the state file "${path}" is not what repmgrd writes`, {
      hint: 'start repmgrd, which says what is wrong with it',
      facts: { file: path },
    });
  }
  const { voters = [] } = (content['configuration'] ?? {}) as { voters?: readonly RememberedVoter[] };
  return { path, content, memory: content as unknown as Memory, voters };
}

function parse(text: string): Readonly<Record<string, unknown>> {
  try {
    return (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>;
  } catch {
    // Said below, with the name of the file.
    return {};
  }
}

async function store(
  { adapters }: LeaveContext,
  { path, content }: StoredVoter,
  { change }: EndedReign,
): Promise<void> {
  await adapters.files.writeDurably(path, `${JSON.stringify({ ...content, ...change })}\n`);
}

async function tellVoters(
  context: LeaveContext,
  voters: readonly RememberedVoter[],
  { release, timeoutMs }: { release: Release; timeoutMs: number },
): Promise<Leave> {
  const told: NodeId[] = [];
  const silent: NodeId[] = [];
  const network = await openPeerNetwork(context, undefined);
  try {
    await Promise.all(
      voters.map(async (voter) => {
        const options = { timeoutMs, signal: context.signal };
        const reply = await network.request(voter, 'released', release, options);
        (reply.kind === 'answered' ? told : silent).push(voter.nodeId);
      }),
    );
  } finally {
    await network.close();
  }
  return { kind: 'ended', term: release.term, told, silent };
}
