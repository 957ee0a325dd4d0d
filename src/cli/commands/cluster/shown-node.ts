import { describeStatus, type NodeStatus } from '../../../decisions/cluster-view/describe-status.ts';
import {
  describeUpstream,
  type UpstreamDescription,
} from '../../../decisions/cluster-view/describe-upstream.ts';
import type { ObservedNode } from '../../../decisions/cluster-view/observed-node.ts';
import { describeNode } from '../../../domain/node.ts';

/** A node with what is to be said of it. */
export interface ShownNode {
  readonly observed: ObservedNode;
  readonly status: NodeStatus;
  readonly upstream: UpstreamDescription;
}

/** Adds status and upstream as `cluster show` and `service status` name them. */
export function describeAll(all: readonly ObservedNode[]): ShownNode[] {
  return all.map((observed) => ({
    observed,
    status: describeStatus(observed),
    upstream: describeUpstream(observed, all),
  }));
}

/** What is wrong, one sentence each; with the reasons of failed connections if asked for. */
export function warningsOf(shown: readonly ShownNode[], withReasons: boolean): string[] {
  return shown.flatMap(({ observed, status, upstream }) => {
    const warnings: string[] = [];
    const about = describeNode(observed.node);
    if (observed.access !== 'open') {
      const reason = withReasons && observed.failure !== null ? `: ${observed.failure}` : '';
      warnings.push(`unable to connect to ${about}${reason}`);
    } else if (!status.isHealthy) {
      const inactive = observed.node.active ? '' : ' but marked as inactive';
      warnings.push(`${about} is registered as ${observed.node.type} and is ${status.text}${inactive}`);
    }
    if (observed.isReplayHeldUp) {
      warnings.push(`replay is paused on ${about} although received WAL waits to be replayed`);
    }
    if (upstream.warning !== undefined) warnings.push(upstream.warning);
    return warnings;
  });
}
