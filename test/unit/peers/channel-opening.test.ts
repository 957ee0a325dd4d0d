import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { openingAcceptance, openingRequest, readAcceptance } from '../../../src/peers/channel-opening.ts';

const hello = { nodeId: 2, startId: 'start-of-two', generation: 3 };
const acceptance = openingAcceptance(hello);

describe('the request to switch to frames', () => {
  test('is a whole HTTP request for the host', () => {
    expect(openingRequest({ host: '::1', port: 5479 }).split('\r\n')).toEqual([
      'GET /v1/peer HTTP/1.1',
      'Host: [::1]:5479',
      'Connection: Upgrade',
      'Upgrade: repmgr-peer',
      '',
      '',
    ]);
  });
});

describe('the agreement', () => {
  test('is read as it was written, with the frames behind it', () => {
    expect(readAcceptance(Buffer.from(`${acceptance}frames`))).toEqual({
      kind: 'accepted',
      hello,
      headBytes: acceptance.length,
    });
  });

  test('is incomplete at every byte before its end', () => {
    for (let end = 0; end < acceptance.length; end++) {
      expect(readAcceptance(Buffer.from(acceptance.slice(0, end)))).toEqual({ kind: 'incomplete' });
    }
  });

  test('may have other headers, in any order and spelling', () => {
    const text =
      'HTTP/1.1 101 Fine\r\nDate: now\r\nREPMGR-GENERATION:3\r\nupgrade: Repmgr-Peer \r\n' +
      'Repmgr-Start-Id:  start-of-two\r\nRepmgr-Node-Id: 2\r\n\r\n';
    expect(readAcceptance(Buffer.from(text))).toMatchObject({ kind: 'accepted', hello });
  });

  test.each([
    ['another status', acceptance.replace('101', '200')],
    ['no HTTP', 'SSH-2.0-OpenSSH_9.2\r\n'],
    ['another protocol', acceptance.replace('repmgr-peer', 'websocket')],
    ['no node id', acceptance.replace('repmgr-node-id', 'repmgr-node')],
    ['an impossible node id', acceptance.replace(': 2', ': -2')],
    ['an impossible start id', acceptance.replace('start-of-two', 'start/of/two')],
    ['an impossible generation', acceptance.replace(': 3', ': 3.5')],
    ['a head without end', acceptance.replace('\r\n\r\n', `\r\nx: ${'y'.repeat(9_000)}`)],
  ])('is not seen in %s', (_what, text) => {
    expect(readAcceptance(Buffer.from(text))).toEqual({ kind: 'foreign' });
  });

  test('is not seen in random bytes, whatever they begin with', () => {
    fc.assert(
      fc.property(fc.nat({ max: acceptance.length - 2 }), fc.uint8Array({ maxLength: 200 }), (end, bytes) => {
        const text = Buffer.concat([Buffer.from(acceptance.slice(0, end)), Buffer.from(bytes)]);
        fc.pre(!text.toString('latin1').startsWith(acceptance.slice(0, end + 1)));
        expect(['incomplete', 'foreign']).toContain(readAcceptance(text).kind);
      }),
    );
  });
});
