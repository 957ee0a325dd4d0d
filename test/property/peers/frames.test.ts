import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameReader } from '../../../src/peers/frame-reader.ts';
import {
  decodeReply,
  decodeRequest,
  encodeReply,
  encodeRequest,
  maxFrameBytes,
  minFrameBytes,
  readReplyFrame,
  readRequestFrame,
  setId,
  setSignature,
} from '../../../src/peers/frames.ts';

const text = fc.string({ unit: 'grapheme-ascii', maxLength: 70 });
const body = fc.string({ unit: 'binary', maxLength: 3_000 });
const id = fc.nat({ max: 0xffff_ffff });
const nodeId = fc.nat({ max: 0xffff_ffff });
const sequence = fc.nat({ max: 2 ** 48 - 1 });
const signatures = fc.uint8Array({ minLength: 32, maxLength: 32 });
const requestFields = fc.record({
  senderNodeId: nodeId,
  senderStartId: text,
  receiver: text,
  sequence,
  message: text,
});
const replyFields = fc.record({
  status: fc.integer({ min: 100, max: 599 }),
  responderNodeId: nodeId,
  responder: text,
});
const frames = fc.oneof(
  fc.tuple(requestFields, body).map(([fields, content]) => encodeRequest(fields, content)),
  fc.tuple(id, replyFields, body).map(([number, fields, content]) => encodeReply(number, fields, content)),
);

/** Cuts `bytes` at the given places (in any order, taken modulo its length). */
function cut(bytes: Buffer, places: readonly number[]): Buffer[] {
  const at = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  const sorted = at.sort((left, right) => left - right);
  return sorted.slice(1).map((end, index) => bytes.subarray(sorted[index], end));
}

function readAll(chunks: readonly Buffer[]): { frames: Buffer[]; reader: FrameReader } {
  const reader = new FrameReader();
  return { frames: chunks.flatMap((chunk) => reader.push(chunk)), reader };
}

describe('a frame', () => {
  test('of a request is read as it was written', () => {
    fc.assert(
      fc.property(id, requestFields, body, signatures, (number, fields, content, signature) => {
        const bytes = encodeRequest(fields, content);
        setId(bytes, number);
        setSignature(bytes, Buffer.from(signature));
        const frame = readRequestFrame(bytes.subarray(4));
        expect(frame?.id).toBe(number);
        expect(frame?.signature).toEqual(Buffer.from(signature));
        expect(frame && decodeRequest(frame.signed)).toEqual({ ...fields, body: Buffer.from(content) });
        expect(readReplyFrame(bytes.subarray(4))).toBeUndefined();
      }),
    );
  });

  test('of a reply is read as it was written', () => {
    fc.assert(
      fc.property(id, replyFields, body, (number, fields, content) => {
        const bytes = encodeReply(number, fields, content);
        const frame = readReplyFrame(bytes.subarray(4));
        expect(frame?.id).toBe(number);
        expect(frame && decodeReply(frame.signed)).toEqual({ ...fields, body: Buffer.from(content) });
        expect(readRequestFrame(bytes.subarray(4))).toBeUndefined();
      }),
    );
  });

  test('of random bytes is refused or read, and never throws', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 120 }), fc.constantFrom(1, 2), (random, kind) => {
        const bytes = Buffer.from(random);
        if (bytes.length > 0) bytes[0] = kind;
        const request = readRequestFrame(bytes);
        const reply = readReplyFrame(bytes);
        expect([request, reply].filter((frame) => frame !== undefined)).toHaveLength(
          bytes.length >= minFrameBytes ? 1 : 0,
        );
        decodeRequest(bytes);
        decodeReply(bytes);
      }),
      { numRuns: 2_000 },
    );
  });
});

describe('the reader', () => {
  test('finds the same frames however the bytes are cut', () => {
    const cuts = fc.array(fc.nat({ max: 100_000 }), { maxLength: 30 });
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 6 }), cuts, (sent, places) => {
        const read = readAll(cut(Buffer.concat(sent), places));
        expect(read.frames).toEqual(sent.map((frame) => frame.subarray(4)));
        expect(read.reader.isIncomplete).toBe(false);
        expect(read.reader.isBroken).toBe(false);
      }),
    );
  });

  test('finds them byte by byte, and knows of an end in the middle', () => {
    fc.assert(
      fc.property(fc.array(frames, { minLength: 1, maxLength: 3 }), (sent) => {
        const bytes = Buffer.concat(sent);
        const single = Array.from(bytes, (_byte, at) => bytes.subarray(at, at + 1));
        expect(readAll(single).frames).toEqual(sent.map((frame) => frame.subarray(4)));
        const cutShort = readAll(single.slice(0, -1));
        expect(cutShort.frames).toHaveLength(sent.length - 1);
        expect(cutShort.reader.isIncomplete).toBe(true);
      }),
      { numRuns: 30 },
    );
  });

  test('gives up at a length that no frame has, after the frames before it', () => {
    const lengths = fc.oneof(
      fc.nat({ max: minFrameBytes - 1 }),
      fc.integer({ min: maxFrameBytes + 1, max: 0xffff_ffff }),
    );
    const cuts = fc.array(fc.nat({ max: 100_000 }), { maxLength: 10 });
    fc.assert(
      fc.property(fc.array(frames, { maxLength: 3 }), lengths, cuts, (sent, length, places) => {
        const wrong = Buffer.alloc(60);
        wrong.writeUInt32BE(length);
        const read = readAll(cut(Buffer.concat([...sent, wrong]), places));
        expect(read.frames).toEqual(sent.map((frame) => frame.subarray(4)));
        expect(read.reader.isBroken).toBe(true);
        expect(read.reader.push(Buffer.concat(sent))).toEqual([]);
      }),
    );
  });

  test('survives random bytes: every frame it gives has a length that is allowed', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (chunks) => {
        // Small lengths now and then, so that some frames are found.
        const bytes = chunks.map((chunk) => Buffer.concat([Buffer.from([0, 0, 0]), Buffer.from(chunk)]));
        for (const frame of readAll(bytes).frames) {
          expect(frame.length).toBeGreaterThanOrEqual(minFrameBytes);
          expect(frame.length).toBeLessThanOrEqual(maxFrameBytes);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  test('reads the largest frame', () => {
    const fields = { senderNodeId: 1, senderStartId: 'a', receiver: 'b', sequence: 1, message: 'c' };
    const largest = encodeRequest(fields, 'x'.repeat(1_048_576));
    const chunks = Array.from({ length: Math.ceil(largest.length / 1_000) }, (_unused, index) =>
      largest.subarray(index * 1_000, (index + 1) * 1_000),
    );
    const [frame] = readAll(chunks).frames;
    expect(frame?.equals(largest.subarray(4))).toBe(true);
  });
});
