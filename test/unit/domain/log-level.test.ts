import { describe, expect, it } from 'vitest';
import { isLogged, type LogLevel, parseLogLevel, severityOf } from '../../../src/domain/log-level.ts';

const lowestFirst: readonly LogLevel[] = [
  'debug',
  'info',
  'notice',
  'warning',
  'error',
  'critical',
  'alert',
  'emergency',
];

describe('levels', () => {
  it.each([
    ['DEBUG', 'debug'],
    ['info', 'info'],
    ['Notice', 'notice'],
    ['WARNING', 'warning'],
    ['ERROR', 'error'],
    ['ALERT', 'alert'],
    ['CRIT', 'critical'],
    ['EMERG', 'emergency'],
    ['WARN', undefined],
    ['', undefined],
  ])('%s is %s', (name, level) => {
    expect(parseLogLevel(name)).toBe(level);
  });

  it('are ordered, and syslog counts them the other way round', () => {
    for (const [index, level] of lowestFirst.entries()) {
      expect(severityOf(level)).toBe(7 - index);
      const logged = lowestFirst.filter((other) => isLogged(other, level));
      expect(logged).toEqual(lowestFirst.slice(index));
    }
  });
});
