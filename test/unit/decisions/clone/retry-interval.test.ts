import { describe, expect, it } from 'vitest';
import { quickRetryInterval } from '../../../../src/decisions/clone/retry-interval.ts';

describe('quickRetryInterval', () => {
  it('replaces the default', () => {
    expect(quickRetryInterval('5s')).toBe('100ms');
  });

  it.each(['100ms', '1s', '1min', null, undefined])('leaves %s alone', (current) => {
    expect(quickRetryInterval(current)).toBeUndefined();
  });
});
