import type { NodeId } from '../../domain/node.ts';
import { prettySize } from '../../domain/pretty-size.ts';
import {
  type ClusterSnapshot,
  type NodeSnapshot,
  nodeOf,
  primaryOf,
  suspensionOf,
  votersOf,
} from './cluster-snapshot.ts';
import { joinNames } from './describe-amounts.ts';

/** Something that is not as it should be. */
export interface Problem {
  /** The node that it is about; null for the cluster. */
  readonly nodeId: NodeId | null;
  /** A sentence without its full stop. */
  readonly text: string;
  /** What is behind it, as another program said it. */
  readonly detail?: string;
  /** What to do about it, in the imperative. */
  readonly cure: string;
}

/** A standby further behind is worth a word. */
const remarkableLagBytes = 128n * 1_024n * 1_024n;

/** Reasons not to be promoted that somebody has chosen. */
const chosen = new Set(['it is a witness', 'failover is "manual"', 'priority is 0', 'failover is paused']);

/** Everything that is wrong, the worst first. */
export function findProblems(snapshot: ClusterSnapshot): readonly Problem[] {
  return [
    ...problemsOfPrimary(snapshot),
    ...problemsOfSuspension(snapshot),
    ...snapshot.nodes.flatMap((node) => problemsOfNode(snapshot, node)),
  ];
}

function problemsOfPrimary(snapshot: ClusterSnapshot): Problem[] {
  const sighting = primaryOf(snapshot);
  switch (sighting.kind) {
    case 'reigning':
      return [];
    case 'unguarded': {
      const { nodeId, nodeName, status } = sighting.node;
      // Its silent daemon is a problem of that node, told below.
      if (status === null) return [];
      return [
        {
          nodeId,
          text: `${nodeName} accepts writes, but its repmgrd does not lead: ${status.explanation}`,
          cure: 'look again in a few seconds; if it stays so, read the log of its repmgrd',
        },
      ];
    }
    case 'several': {
      const names = joinNames(sighting.nodes.map((node) => node.nodeName));
      return [
        {
          nodeId: null,
          text: `${names} accept writes at the same time`,
          cure: 'stop PostgreSQL at once on the one that your clients do not use, then start its repmgrd',
        },
      ];
    }
    case 'none':
      return [{ nodeId: null, ...whyNoPrimary(snapshot) }];
    default:
      return sighting satisfies never;
  }
}

function whyNoPrimary(snapshot: ClusterSnapshot): Omit<Problem, 'nodeId'> {
  const opening = snapshot.nodes.find(
    ({ status }) =>
      status?.role === 'promoting' || (status?.role === 'primary' && status.phase !== 'writable'),
  );
  if (opening !== undefined) {
    return {
      text: `no node accepts writes yet: ${opening.nodeName} is being opened`,
      cure: 'wait a few seconds',
    };
  }
  const answering = snapshot.nodes.filter(({ status }) => status !== null).length;
  const total = votersOf(snapshot).length;
  const text = 'no node accepts writes';
  if (answering < Math.floor(total / 2) + 1) {
    return {
      text: `${text}: only ${answering} of ${total} repmgrd answer, too few for an election`,
      cure: 'bring back the nodes named below; the one with the most WAL is then opened by itself',
    };
  }
  const reasons = snapshot.nodes.flatMap(({ nodeName, status }) =>
    status === null ? [] : [`${nodeName}: ${status.notPromotableReason ?? status.explanation}`],
  );
  return {
    text: `${text} (${reasons.join('; ')})`,
    cure: 'an election follows within seconds unless something below prevents it',
  };
}

function problemsOfSuspension(snapshot: ClusterSnapshot): Problem[] {
  const suspension = suspensionOf(snapshot);
  if (suspension === 'paused')
    return [
      { nodeId: null, text: 'failover is paused: nobody takes over', cure: 'run "repmgr service unpause"' },
    ];
  if (suspension === 'manual') {
    return [
      {
        nodeId: null,
        text: 'failover is "manual" on the primary: nobody takes over by itself',
        cure: 'set failover=automatic in its repmgr.conf and reload its repmgrd',
      },
    ];
  }
  return [];
}

function problemsOfNode(snapshot: ClusterSnapshot, node: NodeSnapshot): Problem[] {
  const { nodeId, nodeName, status, silence, server } = node;
  if (status === null) {
    const detail = silence === null ? {} : { detail: silence };
    if (server !== null || node.isWitness) {
      const text = `repmgrd of ${nodeName} does not answer`;
      return [{ nodeId, text, ...detail, cure: `start repmgrd on ${nodeName}` }];
    }
    const text = `neither repmgrd nor PostgreSQL of ${nodeName} answers`;
    return [
      { nodeId, text, ...detail, cure: `bring ${nodeName} back and start its repmgrd, which does the rest` },
    ];
  }
  if (!votersOf(snapshot).includes(nodeId)) {
    const text = `${nodeName} is registered but takes no part in elections yet`;
    return [{ nodeId, text, cure: 'look again in a few seconds; if it stays so, restart its repmgrd' }];
  }
  return [...problemOfRole(node), ...problemOfStanding(node), ...problemOfLag(snapshot, node)];
}

function problemOfRole({ nodeId, nodeName, status }: NodeSnapshot): Problem[] {
  switch (status?.role) {
    case 'fencing':
    case 'fenced':
      return [
        {
          nodeId,
          text: `${nodeName} is ${status.role}: ${status.explanation}`,
          cure: 'nothing: it comes back by itself when there is a primary that it can follow',
        },
      ];
    case 'rejoining':
    case 'handing over':
      return [
        {
          nodeId,
          text: `${nodeName} is ${status.role}: ${status.explanation}`,
          cure: 'wait until it is done',
        },
      ];
    default:
      return [];
  }
}

/** A standby that could not be promoted although nobody has chosen so. */
function problemOfStanding({ nodeId, nodeName, status }: NodeSnapshot): Problem[] {
  const reason = status?.notPromotableReason ?? null;
  if (status?.role !== 'follower' || reason === null || chosen.has(reason)) return [];
  const text = `${nodeName} could not take over: ${reason}`;
  if (reason === 'its PostgreSQL is not running')
    return [{ nodeId, text, cure: `start PostgreSQL on ${nodeName}` }];
  return [{ nodeId, text, cure: `look at the log of repmgrd and PostgreSQL on ${nodeName}` }];
}

function problemOfLag(snapshot: ClusterSnapshot, { nodeId, nodeName, status }: NodeSnapshot): Problem[] {
  const sighting = primaryOf(snapshot);
  if (sighting.kind !== 'reigning' || sighting.node.nodeId === nodeId) return [];
  const end = nodeOf(snapshot, sighting.node.nodeId)?.status?.walEnd?.lsn ?? null;
  const own = status?.walEnd?.lsn ?? null;
  if (end === null || own === null || end - own < remarkableLagBytes) return [];
  return [
    {
      nodeId,
      text: `${nodeName} is ${prettySize(end - own)} of WAL behind ${sighting.node.nodeName}`,
      cure: `look at "repmgr cluster show", and at the network and the disk of ${nodeName}`,
    },
  ];
}
