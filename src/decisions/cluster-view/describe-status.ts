import type { ObservedNode } from './observed-node.ts';

/** `*` and blank mark what is as it should be, all else is a problem. */
export type StatusMarker = '*' | ' ' | '!' | '?' | '-';

export interface NodeStatus {
  readonly marker: StatusMarker;
  readonly text: string;
  readonly isHealthy: boolean;
}

/** Compares what a node is registered as with what it was seen to be. */
export function describeStatus(observed: ObservedNode): NodeStatus {
  const { marker, text } = judge(observed);
  return { marker, text, isHealthy: marker === '*' || marker === ' ' };
}

type Verdict = Pick<NodeStatus, 'marker' | 'text'>;

function judge(observed: ObservedNode): Verdict {
  const { active, type } = observed.node;
  switch (observed.access) {
    case 'unreachable':
      return active ? { marker: '?', text: 'unreachable' } : { marker: '-', text: 'failed' };
    case 'rejected':
      if (type === 'witness') {
        return active ? { marker: '?', text: 'rejected' } : { marker: '!', text: 'failed' };
      }
      return { marker: active ? '?' : '!', text: 'running' };
    case 'open':
      return judgeRunning(observed);
  }
}

function judgeRunning({ node, recoveryState }: ObservedNode): Verdict {
  if (node.type === 'witness') return { marker: node.active ? '*' : '!', text: 'running' };
  if (recoveryState !== 'unknown' && recoveryState !== node.type) {
    return { marker: '!', text: `running as ${recoveryState}` };
  }
  if (!node.active) return { marker: '!', text: 'running' };
  if (recoveryState === 'unknown') return { marker: '!', text: 'unknown' };
  return { marker: node.type === 'primary' ? '*' : ' ', text: 'running' };
}
