import { expect, test } from 'vitest';
import { Core, id, standby, standbyServer, voteRequest } from './core-fixture.ts';

const ask = (core: Core, replyTo: string) =>
  core.feed({ type: 'request', from: id(3), replyTo, request: { message: 'vote', body: voteRequest() } });
const stopped = { kind: 'stopReceiver', walEnd: standbyServer.walEnd, reason: null } as const;

test('a copy of a vote request is answered by the vote that is being given', () => {
  const core = ask(ask(new Core(standby()), 'asked'), 'asked');
  expect(core.has('reply')).toBe(false);
  expect(core.finish(stopped).reply().granted).toBe(true);
});

test('of a request that is repeated the last one is granted', () => {
  const core = ask(ask(new Core(standby()), 'first'), 'second');
  expect(core.reply('first')).toMatchObject({ granted: false });
  expect(core.finish(stopped).reply('second').granted).toBe(true);
});
