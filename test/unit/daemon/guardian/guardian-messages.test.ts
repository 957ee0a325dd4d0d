import { expect, test } from 'vitest';
import { createMessageReader, encodeMessage } from '../../../../src/daemon/guardian/guardian-messages.ts';

test('messages arrive whole, however they are cut into pieces', () => {
  const heard: unknown[] = [];
  const read = createMessageReader((message) => heard.push(message));
  const text = encodeMessage({ kind: 'heard', confirm: 7 }) + encodeMessage({ kind: 'welcome', pid: 9 });
  for (const piece of text.match(/.{1,5}/gs) ?? []) read(piece);
  expect(heard).toEqual([
    { kind: 'heard', confirm: 7 },
    { kind: 'welcome', pid: 9 },
  ]);
});
