import { fstatSync } from 'node:fs';
import { PassThrough, Writable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { MOST_PENDING_BYTES } from '../../../../src/observability/logger/log-sink.ts';
import {
  createStreamSink,
  journalPrefix,
  leadsToJournal,
} from '../../../../src/observability/logger/stream-sink.ts';

describe('a stream', () => {
  it('gets each line with its prefix', () => {
    const stream = new PassThrough({ encoding: 'utf8' });
    const sink = createStreamSink({ stream, prefix: journalPrefix });
    sink.write('error', ['a', 'b']);
    sink.write('debug', ['c']);
    expect(stream.read()).toBe('<3>a\n<3>b\n<7>c\n');
  });

  it('that is stuck is not filled without end, and hears later what it missed', async () => {
    const chunks: string[] = [];
    let release = (): void => undefined;
    const stream = new Writable({
      write: (chunk, _encoding, done) => {
        chunks.push(String(chunk));
        release = done;
      },
    });
    const sink = createStreamSink({ stream });
    sink.write('info', ['x'.repeat(MOST_PENDING_BYTES + 1)]);
    sink.write('info', ['lost', 'lost too']);
    const drained = new Promise((resolve) => stream.once('drain', resolve));
    release();
    await drained;
    sink.write('info', ['kept']);
    expect(chunks.slice(1)).toEqual(['(2 lines of this log could not be written)\nkept\n']);
  });

  it('is waited for when closing, if it drains', async () => {
    let release = (): void => undefined;
    const stream = new Writable({ write: (_chunk, _encoding, done) => void (release = done) });
    const sink = createStreamSink({ stream });
    sink.write('info', ['x'.repeat(100_000)]);
    const closed = sink.close();
    release();
    await closed;
    expect(stream.writableLength).toBe(0);
  });
});

describe('the journal', () => {
  const { dev, ino } = fstatSync(2, { bigint: true });

  it.each([
    [{ JOURNAL_STREAM: `${dev}:${ino}` }, true],
    [{ JOURNAL_STREAM: '1:1' }, false],
    [{ JOURNAL_STREAM: '' }, false],
    [{}, false],
  ])('with %j: %s', (environment, expected) => {
    expect(leadsToJournal(2, environment)).toBe(expected);
  });
});
