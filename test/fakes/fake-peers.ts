import type { NodeId } from '../../src/domain/node.ts';
import type { DaemonStatus } from '../../src/domain/peer-messages.ts';
import type { PeerAddress, PeerNetwork, PeerReply } from '../../src/ports/peer-network.ts';

/** A daemon that answers at a port. */
export interface FakeDaemon {
  status: DaemonStatus;
  /** Answer to messages other than `status`. */
  answer?: (message: string, body: unknown) => unknown;
}

/** The daemons by the port they listen on; requests with another cluster key get no answer. */
export class FakePeers {
  readonly daemons = new Map<number, FakeDaemon>();
  readonly requests: { port: number; message: string; body: unknown }[] = [];
  clusterKey = 'ab'.repeat(32);

  open({ clusterKey }: { clusterKey: string }): PeerNetwork {
    return {
      request: async (peer, message, body) => this.#reply(peer, message, body, clusterKey),
      close: async () => {},
    };
  }

  #reply({ port }: PeerAddress, message: string, body: unknown, key: string): PeerReply {
    const daemon = this.daemons.get(port);
    if (daemon === undefined) return { kind: 'failed', reason: 'refused', message: `port ${port} refused` };
    if (key !== this.clusterKey) return { kind: 'failed', reason: 'unauthenticated', message: 'another key' };
    this.requests.push({ port, message, body });
    const answer = message === 'status' ? daemon.status : daemon.answer?.(message, body);
    return { kind: 'answered', body: answer, roundTripMs: 1 };
  }
}

/** A status with nothing remarkable in it. */
export function daemonStatus(
  changes: Omit<Partial<DaemonStatus>, 'nodeId'> & { nodeId: number },
): DaemonStatus {
  const { nodeId, ...rest } = changes;
  return {
    nodeId: nodeId as NodeId,
    nodeName: `node${nodeId}`,
    incarnation: '0'.repeat(32),
    startCounter: 1,
    term: 1,
    configurationVersion: null,
    role: 'follower',
    phase: null,
    primary: null,
    leaseRemainingMs: 0,
    leaseHolder: null,
    walStillMs: null,
    isPromotable: true,
    notPromotableReason: null,
    position: null,
    walEnd: null,
    priority: 100,
    paused: false,
    manual: false,
    reigns: [],
    highestTimeline: 0,
    voterIds: [],
    votersHeard: [],
    pid: 28_270 + nodeId,
    startedAt: '2026-11-22T21:50:58.000Z',
    version: '0.1.0',
    upstreamLastSeenSecs: -1,
    explanation: 'follows the primary',
    ...rest,
  };
}
