import { describe, expect, it } from 'vitest';
import { clientText, daemonText, jsonLines } from '../../../../src/observability/logger/encoders.ts';
import type { LogRecord } from '../../../../src/ports/logger.ts';

const time = new Date(2026, 10, 2, 3, 4, 5);
const record: LogRecord = {
  level: 'critical',
  message: 'node "node1" is gone',
  detail: 'two\nlines',
  hint: 'start it',
  facts: { node: 1, reachable: false },
};

describe('text for the command line', () => {
  it('is LEVEL: text, with DETAIL and HINT below and no facts', () => {
    expect(clientText({ colour: false })(record, time)).toEqual([
      'CRITICAL: node "node1" is gone',
      'DETAIL: two',
      'lines',
      'HINT: start it',
    ]);
  });

  it('colours only the label', () => {
    const [line] = clientText({ colour: true })({ level: 'error', message: 'm' }, time);
    expect(line).toBe('\u001B[31mERROR:\u001B[39m m');
  });
});

describe('text of the daemon', () => {
  it('begins with local time and level', () => {
    expect(daemonText(record, time)).toEqual([
      '[2026-11-02 03:04:05] [CRITICAL] node "node1" is gone',
      '[2026-11-02 03:04:05] [DETAIL] two',
      'lines',
      '[2026-11-02 03:04:05] [HINT] start it',
    ]);
  });
});

describe('JSON', () => {
  it('is one line with everything', () => {
    const lines = jsonLines(record, time);
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toEqual({ time: time.toISOString(), ...record });
  });

  it('leaves out what is not there', () => {
    const [line = ''] = jsonLines({ level: 'info', message: 'a "b"\n' }, time);
    expect(line).toBe(`{"time":"${time.toISOString()}","level":"info","message":"a \\"b\\"\\n"}`);
  });
});
