import { describe, expect, it } from 'vitest';
import { createLogger } from '../../../../src/observability/logger/create-logger.ts';
import { clientText, daemonText } from '../../../../src/observability/logger/encoders.ts';
import { recordingSink } from './recording-sink.ts';

const time = new Date(2026, 0, 1);

function setUp({ terse = false } = {}) {
  const sink = recordingSink();
  let nowMs = 0;
  const clock = { wallTime: () => time, monotonicMs: () => nowMs };
  const log = createLogger({
    threshold: 'notice',
    encoder: clientText({ colour: false }),
    sink,
    terse,
    clock,
  });
  const passMs = (ms: number): void => void (nowMs += ms);
  return { log, passMs, sink, lines: () => sink.written.flatMap(([, lines]) => lines) };
}

describe('a logger', () => {
  it('writes nothing below its threshold', () => {
    const { log, sink } = setUp();
    log.debug('a');
    log.info('b');
    log.notice('c');
    log.warning('d');
    log.error('e');
    log.log({ level: 'alert', message: 'f' });
    expect(sink.written).toEqual([
      ['notice', ['NOTICE: c']],
      ['warning', ['WARNING: d']],
      ['error', ['ERROR: e']],
      ['alert', ['ALERT: f']],
    ]);
  });

  it('leaves out details and hints when terse', () => {
    const { log, lines } = setUp({ terse: true });
    log.error('a', { detail: 'b', hint: 'c' });
    expect(lines()).toEqual(['ERROR: a']);
  });

  it('can be adjusted while it runs', () => {
    const { log, lines } = setUp();
    log.adjust({ threshold: 'debug' });
    log.debug('a');
    const other = recordingSink();
    log.adjust({ sink: other, encoder: daemonText });
    log.debug('b');
    expect(lines()).toEqual(['DEBUG: a']);
    expect(other.written).toEqual([['debug', ['[2026-01-01 00:00:00] [DEBUG] b']]]);
  });

  it('repeats a line with an id only after its interval', () => {
    const { log, lines, passMs } = setUp();
    const wait = (id: string): void =>
      log.notice(`waiting for ${id}`, { atMostEvery: { id, intervalMs: 1_000 } });
    wait('a');
    wait('b');
    passMs(999);
    wait('a');
    passMs(1);
    wait('a');
    wait('a');
    expect(lines()).toEqual(['NOTICE: waiting for a', 'NOTICE: waiting for b', 'NOTICE: waiting for a']);
  });

  it('does not count a line below the threshold as written', () => {
    const { log, lines } = setUp();
    const atMostEvery = { id: 'a', intervalMs: 1_000 };
    log.info('low', { atMostEvery });
    log.notice('high', { atMostEvery });
    expect(lines()).toEqual(['NOTICE: high']);
  });
});
