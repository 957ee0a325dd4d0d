import type { ReignMark, VoterMemory } from '../decisions/guard/judge-start.ts';
import type { NodeId } from '../domain/node.ts';
import type { OperationContext } from './operation-context.ts';
import { stateDirectory, voterStateFile } from './state-directory.ts';

export interface RememberedVoter {
  readonly nodeId: NodeId;
  readonly host: string;
  readonly port: number;
}

export interface RememberedCluster {
  readonly memory: VoterMemory;
  /** Where the voters listen; empty unless `memory` is of a voter. */
  readonly voters: readonly RememberedVoter[];
}

type Fields = Readonly<Record<string, unknown>>;

/** Reads, for others than the daemon, what the voter of this node stored last. Never throws. */
export async function readVoterMemory({
  adapters,
  settings,
}: Pick<OperationContext, 'adapters' | 'settings'>): Promise<RememberedCluster> {
  const path = `${stateDirectory(settings.settings)}/${voterStateFile}`;
  try {
    const text = await adapters.files.readText(path);
    if (text === undefined) return { memory: { kind: 'none' }, voters: [] };
    const content: unknown = JSON.parse(text);
    const cluster = isFields(content) ? clusterFrom(content, settings.settings.node_id) : undefined;
    return cluster ?? unreadable(`"${path}" is not what repmgrd writes`);
  } catch (error) {
    return unreadable(`"${path}": ${error instanceof Error ? error.message : String(error)}`);
  }
}

function unreadable(reason: string): RememberedCluster {
  return { memory: { kind: 'unreadable', reason }, voters: [] };
}

/** Undefined when something that matters is missing. */
function clusterFrom(content: Fields, nodeId: number): RememberedCluster | undefined {
  const { configuration, reigns, intent, endedReigns } = content;
  if (configuration === null) return { memory: { kind: 'none' }, voters: [] };
  if (!isFields(configuration) || !Array.isArray(configuration['voters'])) return undefined;
  if (!Array.isArray(reigns) || typeof intent !== 'string' || !Array.isArray(endedReigns)) return undefined;
  const voters = configuration['voters'].filter(isVoter);
  if (voters.length !== configuration['voters'].length) return undefined;
  const latestReign = latestReignOf(reigns);
  const hasEnded = latestReign?.nodeId === nodeId && endedReigns.includes(latestReign.term);
  const isSuspended = configuration['paused'] === true || configuration['manual'] === true;
  const voterIds = voters.map((voter) => voter.nodeId);
  return { memory: { kind: 'voter', voterIds, isSuspended, intent, latestReign, hasEnded }, voters };
}

/** The one of the highest term; also of what a daemon answers. */
export function latestReignOf(reigns: readonly unknown[]): ReignMark | null {
  return reigns
    .filter(isReign)
    .reduce<ReignMark | null>(
      (latest, reign) => (latest === null || reign.term > latest.term ? reign : latest),
      null,
    );
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isReign(value: unknown): value is ReignMark {
  return isFields(value) && typeof value['term'] === 'number' && typeof value['nodeId'] === 'number';
}

function isVoter(value: unknown): value is RememberedVoter {
  if (!isFields(value)) return false;
  return (
    typeof value['nodeId'] === 'number' &&
    typeof value['host'] === 'string' &&
    typeof value['port'] === 'number'
  );
}
