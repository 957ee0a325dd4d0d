import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../../src/domain/errors/repmgr-error.ts';
import { createSuspendCounter, createSystemClock } from '../../../src/host/clock.ts';

describe('the system clock', () => {
  const clock = createSystemClock();

  it('never goes back and keeps pace with time', async () => {
    const start = clock.monotonicMs();
    let last = start;
    for (let round = 0; round < 2_000; round += 1) {
      const now = clock.monotonicMs();
      expect(now).toBeGreaterThanOrEqual(last);
      last = now;
    }
    const before = clock.monotonicMs();
    await clock.sleep(60);
    expect(clock.monotonicMs() - before).toBeGreaterThanOrEqual(60);
    expect(clock.monotonicMs() - before).toBeLessThan(500);
    expect(Math.abs(clock.wallTime().getTime() - Date.now())).toBeLessThan(100);
  });

  it('wakes up from an abort', async () => {
    const controller = new AbortController();
    const sleeping = clock.sleep(60_000, controller.signal);
    controller.abort(new Error('reason'));
    await expect(sleeping).rejects.toBeInstanceOf(Cancelled);
    await expect(clock.sleep(0, controller.signal)).rejects.toBeInstanceOf(Cancelled);
  });
});

describe('the suspend counter', () => {
  it('ignores the coarseness of /proc/uptime', () => {
    const suspended = createSuspendCounter();
    expect(suspended(0, '100.25 1.0')).toBe(0);
    expect(suspended(9, '100.25 1.0')).toBe(0);
    expect(suspended(1, '100.26 1.0')).toBe(0);
    expect(suspended(1_000, '101.25 1.0')).toBe(0);
  });

  it('adds the time in which the fine clock stood still', () => {
    const suspended = createSuspendCounter();
    suspended(0, '100.25 1.0');
    expect(suspended(10, '105.26 1.0')).toBe(5_000);
    expect(suspended(1_010, '106.26 1.0')).toBe(5_000);
    expect(suspended(1_020, '166.27 1.0')).toBe(65_000);
  });

  it('is patient with containers that show full seconds', () => {
    const suspended = createSuspendCounter();
    suspended(900, '100.00 1.0');
    expect(suspended(1_000, '101.00 1.0')).toBe(0);
    expect(suspended(1_100, '111.00 1.0')).toBeGreaterThan(9_000);
  });

  it('does without /proc/uptime', () => {
    const suspended = createSuspendCounter();
    expect(suspended(1, undefined)).toBe(0);
    expect(suspended(2, 'garbage')).toBe(0);
  });
});
