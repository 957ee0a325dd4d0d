import { describeNode, type NodeRecord } from '../../domain/node.ts';
import type { ObservedNode } from './observed-node.ts';

export interface UpstreamDescription {
  /** The upstream's name; `?` before it: not known for certain, `!`: not as it should be. */
  readonly cell: string;
  readonly warning?: string;
}

/** Compares the upstream that a node itself reports with the registered one and with what the upstream sees. */
export function describeUpstream(observed: ObservedNode, all: readonly ObservedNode[]): UpstreamDescription {
  const { node, ownRecord } = observed;
  const nameOf = (id: number | null): string => recordOf(id, all)?.nodeName ?? '';
  if (ownRecord === null) return { cell: `? ${nameOf(node.upstreamNodeId)}`.trimEnd() };
  if (ownRecord.type === 'primary') return { cell: '' };
  const own = ownRecord.upstreamNodeId;
  if (own === null) {
    return {
      cell: ownRecord.type === 'witness' ? '! ' : '!',
      warning: `${describeNode(node)} has no upstream in its own metadata`,
    };
  }
  if (own !== node.upstreamNodeId) {
    const registered = nameOf(node.upstreamNodeId);
    return {
      cell: `! ${nameOf(own)}`,
      warning: `${describeNode(node)} reports another upstream ("${nameOf(own)}", ID: ${own}) than the one registered here ("${registered}", ID: ${node.upstreamNodeId ?? 'none'})`,
    };
  }
  return ownRecord.type === 'witness' ? describeWitness(node, all) : describeStandby(observed, nameOf(own));
}

function describeWitness(node: NodeRecord, all: readonly ObservedNode[]): UpstreamDescription {
  const upstream = all.find((other) => other.node.nodeId === node.upstreamNodeId);
  if (upstream?.access === 'open') return { cell: upstream.node.nodeName };
  const name = upstream?.node.nodeName ?? '';
  return {
    cell: `? ${name}`,
    warning: `the upstream of ${describeNode(node)}, "${name}", ${upstream === undefined ? 'is not registered' : 'cannot be reached'}`,
  };
}

function describeStandby({ node, attachment }: ObservedNode, upstream: string): UpstreamDescription {
  const about = `${describeNode(node)} and its upstream "${upstream}"`;
  switch (attachment) {
    case 'attached':
      return { cell: upstream };
    case 'notStreaming':
      return { cell: `? ${upstream}`, warning: `${about} are connected, but WAL is not being streamed` };
    case 'absent':
      return {
        cell: `! ${upstream}`,
        warning: `${describeNode(node)} is not attached to its upstream "${upstream}"`,
      };
    default:
      return {
        cell: `? ${upstream}`,
        warning: `it cannot be told whether ${describeNode(node)} is attached to its upstream "${upstream}"`,
      };
  }
}

function recordOf(id: number | null, all: readonly ObservedNode[]): NodeRecord | undefined {
  return all.find((observed) => observed.node.nodeId === id)?.node;
}
