import { InternalBug } from '../domain/errors/repmgr-error.ts';
import type { PeerServerOptions } from '../ports/peer-server.ts';
import type { Authentication, AuthenticRequest } from './authenticate-request.ts';
import { encodeReply } from './frames.ts';
import type { ReplayMemory } from './replay-memory.ts';
import { signReply } from './signing.ts';
import { isMessageName, maxBodyBytes, parseJson, receiverName, statusRestarted } from './wire-format.ts';

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

const internalError: Answer = { status: 500, body: { error: 'internal error; see the log of that node' } };

/** Has an authentic request carried out and resolves with the signed reply, ready to be sent. Never rejects. */
export function answerRequest(
  authentication: Exclude<Authentication, { kind: 'refused' }>,
  options: PeerServerOptions,
  memory: ReplayMemory,
): Promise<Buffer> {
  const { kind, request } = authentication;
  if (kind === 'authentic')
    return carryOut(request, options).then(
      (answer) => encode(request, request.receiver, answer, options),
      (cause: unknown) => {
        const text = `message ${request.message} from node ${request.senderNodeId} could not be handled`;
        options.onTrouble(new InternalBug(text, { cause }));
        return encode(request, request.receiver, internalError, options);
      },
    );
  const present = receiverName(options.startId, memory.generation);
  return Promise.resolve(encode(request, present, { status: statusRestarted, body: {} }, options));
}

async function carryOut(request: AuthenticRequest, options: PeerServerOptions): Promise<Answer> {
  const { message, senderNodeId: nodeId, senderStartId: startId } = request;
  if (!isMessageName(message)) return { status: 404, body: { error: 'unknown message' } };
  const body = parseJson(request.body);
  if (body === undefined) return { status: 400, body: { error: 'the body is not JSON' } };
  return options.handle(message, body, { nodeId, startId });
}

/** The reply goes out under the name that its request was signed for, even if a new generation began since. */
function encode(
  request: AuthenticRequest,
  responder: string,
  answer: Answer,
  options: PeerServerOptions,
): Buffer {
  const { status, text } = encodeBody(answer, options);
  const { id, signature } = request.frame;
  const frame = encodeReply(id, { status, responderNodeId: options.nodeId, responder }, text);
  signReply(request.key, signature, frame);
  return frame;
}

function encodeBody(answer: Answer, options: PeerServerOptions): { status: number; text: string } {
  try {
    const text = JSON.stringify(answer.body) ?? 'null';
    const length = Buffer.byteLength(text);
    if (length <= maxBodyBytes) return { status: answer.status, text };
    options.onTrouble(new InternalBug(`a reply of ${length} bytes is too long to be sent`));
  } catch (cause) {
    options.onTrouble(new InternalBug("a reply can't be written as JSON", { cause }));
  }
  return { status: internalError.status, text: JSON.stringify(internalError.body) };
}
