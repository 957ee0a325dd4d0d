import { isDeepStrictEqual } from 'node:util';
import { expect, test } from 'vitest';
import {
  decode,
  durableState,
  heartbeatReply,
  heartbeatRequest,
  protocolStatus,
  release,
  releaseReply,
  toJsonValue,
  transferReply,
  transferRequest,
  voteReply,
  voteRequest,
} from '../../../../src/daemon/wire/schemas.ts';
import { hostFaults, injectFault } from '../../../simulation/world/faults.ts';
import { World } from '../../../simulation/world/world.ts';

const requestSchemas = {
  heartbeat: heartbeatRequest,
  prevote: voteRequest,
  vote: voteRequest,
  transfer: transferRequest,
  released: release,
} as const;

/** What a daemon sends must be what its peer reads: through JSON and the schema and back. */
function throughTheWire(value: unknown): unknown {
  return JSON.parse(JSON.stringify(toJsonValue(value)));
}

test('every message and every stored state of a simulated cluster survives the way over the wire', () => {
  const world = new World({ seed: 11, nodes: 3 });
  const seen = new Map<string, number>();
  const count = (kind: string): void => void seen.set(kind, (seen.get(kind) ?? 0) + 1);
  const send = world.send.bind(world);
  world.send = (sender, effect) => {
    const { request } = effect;
    if (request.message !== 'status') {
      const schema = requestSchemas[request.message];
      expect(decode(schema as never, throughTheWire(request.body))).toEqual(request.body);
    }
    count(`${request.message} request`);
    send(sender, effect);
  };
  const reply = world.reply.bind(world);
  world.reply = (sender, replyTo, body) => {
    const schemas = { heartbeatReply, voteReply, transferReply, releaseReply, protocolStatus };
    const fitting = Object.entries(schemas).filter(([, schema]) => {
      const decoded = decode(schema as never, throughTheWire(body));
      return isDeepStrictEqual(decoded, body);
    });
    expect(fitting, JSON.stringify(toJsonValue(body))).not.toEqual([]);
    count(fitting[0]?.[0] ?? '');
    reply(sender, replyTo, body);
  };
  world.run(8_000);
  for (let round = 0; round < 12; round += 1) {
    injectFault(world, { kinds: hostFaults, primaryBias: 0.5 });
    world.run(8_000 + (round + 1) * 4_000);
    for (const node of world.nodes) {
      expect(decode(durableState, throughTheWire(node.durable))).toEqual(node.durable);
    }
  }
  for (const kind of ['heartbeat request', 'vote request', 'prevote request', 'status request']) {
    expect(seen.get(kind), kind).toBeGreaterThan(0);
  }
  for (const kind of ['heartbeatReply', 'voteReply', 'protocolStatus'])
    expect(seen.get(kind), kind).toBeGreaterThan(0);
});

test.each([
  ['no object', 'hello'],
  [
    'an LSN that is none',
    {
      term: 1,
      candidate: 2,
      position: { reignTerm: 1, lsn: 'zero' },
      configurationVersion: { term: 1, counter: 1 },
      token: null,
      timeline: 2,
      reigns: [],
    },
  ],
  [
    'a negative term',
    {
      term: -1,
      candidate: 2,
      position: { reignTerm: 1, lsn: '0/1' },
      configurationVersion: { term: 1, counter: 1 },
      token: null,
      timeline: 2,
      reigns: [],
    },
  ],
  [
    'a missing field',
    { term: 1, candidate: 2, position: { reignTerm: 1, lsn: '0/1' }, token: null, timeline: 2, reigns: [] },
  ],
])('a vote request with %s is not accepted', (_, body) => {
  expect(decode(voteRequest, body)).toBeUndefined();
});
