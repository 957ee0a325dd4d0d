import {
  type ClusterSnapshot,
  nameOf,
  nodeOf,
  primaryOf,
} from '../../../../decisions/outlook/cluster-snapshot.ts';
import { judgeCluster } from '../../../../decisions/outlook/judge-cluster.ts';
import { predictCrash, predictLoss } from '../../../../decisions/outlook/predict-loss.ts';
import type { ExitName } from '../../../../domain/errors/exit-codes.ts';
import { ConfigurationError, UsageError } from '../../../../domain/errors/repmgr-error.ts';
import type { NodeId } from '../../../../domain/node.ts';
import { observeCluster } from '../../../../operations/observe-cluster.ts';
import type { CommandContext } from '../../../command.ts';
import { renderPrediction, type WhatIf } from './render-prediction.ts';

/** `repmgr cluster whatif` */
export async function run(context: CommandContext): Promise<ExitName> {
  const { options, out } = context;
  const wanted = wantedNodes(options.down);
  const { snapshot } = await observeCluster(context);
  const down = wanted.map((name) => findNode(snapshot, name));
  const whatIf: WhatIf = {
    snapshot,
    verdict: judgeCluster(snapshot),
    prediction: predictLoss(snapshot, [...new Set(down)]),
    crash: isJustThePrimary(snapshot, down) ? predictCrash(snapshot) : null,
    afterwards: afterLoss(snapshot, [...new Set(down)]),
  };
  if (options.json) out.json(asJson(whatIf));
  else out.write(renderPrediction(whatIf));
  return 'SUCCESS';
}

function wantedNodes(down: string | undefined): readonly string[] {
  const names = (down ?? '').split(',').map((name) => name.trim());
  if (names.every((name) => name !== '')) return names;
  throw new UsageError([
    '"cluster whatif" needs the nodes that are thought to be lost: --down NODE[,NODE...]',
  ]);
}

/** A name before an ID: a node may be called "2". */
function findNode({ nodes }: ClusterSnapshot, wanted: string): NodeId {
  const found =
    nodes.find(({ nodeName }) => nodeName === wanted) ??
    nodes.find(({ nodeId }) => String(nodeId) === wanted);
  if (found !== undefined) return found.nodeId;
  const known = nodes.map(({ nodeId, nodeName }) => `${nodeName} (ID: ${nodeId})`).join(', ');
  throw new ConfigurationError(`there is no node "${wanted}"`, { hint: `the nodes are ${known}` });
}

function isJustThePrimary(snapshot: ClusterSnapshot, down: readonly NodeId[]): boolean {
  const sighting = primaryOf(snapshot);
  return sighting.kind === 'reigning' && down.length === 1 && down[0] === sighting.node.nodeId;
}

/** The cluster as it would be then, for what it could stand further. */
function afterLoss(snapshot: ClusterSnapshot, down: readonly NodeId[]): ClusterSnapshot | null {
  const { outcome } = predictLoss(snapshot, down);
  if (outcome.kind !== 'promoted' && outcome.kind !== 'primaryStays') return null;
  const primary = outcome.kind === 'promoted' ? outcome.winner : outcome.primary;
  const nodes = snapshot.nodes.map((node) => {
    if (down.includes(node.nodeId)) return { ...node, status: null, silence: 'lost', server: null };
    if (node.nodeId !== primary || node.status === null) return node;
    return {
      ...node,
      status: { ...node.status, role: 'primary' as const, phase: 'writable' as const, primary },
    };
  });
  return { ...snapshot, nodes };
}

function asJson({ snapshot, verdict, prediction, crash, afterwards }: WhatIf): unknown {
  const { down, primary, election, outcome } = prediction;
  const named = (nodeId: NodeId | null) =>
    nodeId === null ? null : { nodeId, nodeName: nameOf(snapshot, nodeId) };
  return {
    down: down.map(named),
    primary: named(primary),
    majority: {
      voters: election.voters,
      needed: election.needed,
      remaining: election.remaining.map(named),
      remains: election.remaining.length >= election.needed,
    },
    outcome,
    candidates: election.contenders.map((contender) => ({
      ...contender,
      nodeName: nodeOf(snapshot, contender.nodeId)?.nodeName ?? null,
    })),
    crash,
    now: verdict,
    afterwards: afterwards === null ? null : judgeCluster(afterwards),
  };
}
