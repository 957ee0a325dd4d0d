import { mayOpen } from '../decisions/failover/may-open.ts';
import type { NodeId } from '../domain/node.ts';
import type { DaemonStatus, ProtocolStatus } from '../domain/peer-messages.ts';
import { ownVersion } from '../domain/product-version.ts';
import type { PeerMessageSender } from '../ports/peer-server.ts';
import type { CoreLoop } from './core-loop.ts';
import type { DecisionJournal } from './decision-journal.ts';
import type { Node } from './node.ts';
import {
  decode,
  heartbeatRequest,
  pauseRequest,
  release,
  shutdownRequest,
  toJsonValue,
  transferRequest,
  voteRequest,
} from './wire/schemas.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const malformed: Answer = {
  status: 400,
  body: { error: 'the message has not the form that this release expects' },
};
const ending: Answer = { status: 503, body: { error: 'this daemon is ending or cannot store its state' } };

export interface HandlerOptions {
  readonly startedAt: Date;
  /** Looks at the local server, so that a status tells the position of now; bounded. */
  readonly freshen: () => Promise<void>;
  readonly journal: Pick<DecisionJournal, 'answer'>;
}

/** Answers the messages of other daemons and of the command line. */
export function createMessageHandler(node: Node, loop: CoreLoop, options: HandlerOptions) {
  const { startedAt, freshen, journal } = options;
  const withCore = async (reply: Promise<unknown>): Promise<Answer> => {
    const body = await reply;
    return body === undefined ? ending : { status: 200, body: toJsonValue(body) };
  };
  return async (message: string, body: unknown, sender: PeerMessageSender): Promise<Answer> => {
    const from = sender.nodeId as NodeId;
    switch (message) {
      case 'heartbeat': {
        const request = decode(heartbeatRequest, body);
        return request === undefined ? malformed : withCore(loop.request(from, { message, body: request }));
      }
      case 'prevote':
      case 'vote': {
        const request = decode(voteRequest, body);
        if (request === undefined || request.candidate !== from) return malformed;
        return withCore(loop.request(from, { message, body: request }));
      }
      case 'transfer': {
        const request = decode(transferRequest, body);
        return request === undefined ? malformed : withCore(loop.request(from, { message, body: request }));
      }
      case 'released': {
        const request = decode(release, body);
        // It may make this node stand at once: with what it has now.
        await freshen();
        return request === undefined ? malformed : withCore(loop.request(from, { message, body: request }));
      }
      case 'status': {
        await freshen();
        const status = await loop.request(from, { message, body: null });
        if (status === undefined) return ending;
        return {
          status: 200,
          body: toJsonValue(completeStatus(node, loop, status as ProtocolStatus, startedAt)),
        };
      }
      case 'pause': {
        const request = decode(pauseRequest, body);
        return request === undefined ? malformed : withCore(loop.requestPause(request.paused));
      }
      case 'shutdown': {
        const request = decode(shutdownRequest, body);
        if (request === undefined || from !== node.nodeId) return malformed;
        return withCore(loop.requestShutdown(request));
      }
      case 'decisions':
        return journal.answer(body);
      default:
        return { status: 404, body: { error: `unknown message "${message}"` } };
    }
  };
}

function completeStatus(node: Node, loop: CoreLoop, status: ProtocolStatus, startedAt: Date): DaemonStatus {
  const { state } = loop;
  const nowMs = node.adapters.clock.monotonicMs();
  const seenAtMs = Math.max(
    state.primary?.heardAtMs ?? Number.NEGATIVE_INFINITY,
    state.walMovedAtMs ?? Number.NEGATIVE_INFINITY,
  );
  const isUpstreamSeen = state.reign === null && Number.isFinite(seenAtMs);
  return {
    ...status,
    nodeName: node.settings.settings.node_name,
    pid: process.pid,
    startedAt: startedAt.toISOString(),
    version: ownVersion,
    upstreamLastSeenSecs: isUpstreamSeen ? Math.max(0, Math.round((nowMs - seenAtMs) / 1_000)) : -1,
    explanation: state.explanation?.text ?? 'nothing has happened since this daemon started',
    leaseMs: state.durable.configuration?.leaseMs ?? state.parameters.leaseMs,
    crashAction: state.parameters.crashAction,
    opening: mayOpen(state, nowMs),
  };
}
