import { describe, expect, it } from 'vitest';
import { Core, leaseMs, primary } from './core-fixture.ts';

/** Node 1 wakes when the lease that it knows of has been over for long. */
const woken = (isGuarded: boolean) => {
  const core = new Core(primary()).feed({ type: 'guardian', isPresent: isGuarded });
  return core.sleep(3 * leaseMs).feed({ type: 'tick' });
};
const guarded = (core: Core, leftMs: number, term = 3) =>
  core.feed({ type: 'guarded', term, fenceAtMs: core.nowMs + leftMs });

describe('a daemon that stood still for longer than its lease', () => {
  it('fences at once without a guardian', () => {
    expect(woken(false).has('fence')).toBe(true);
  });

  it('waits a moment for the word of its guardian, and no longer', () => {
    const core = woken(true);
    expect(core.has('fence')).toBe(false);
    expect(core.after(49).has('fence')).toBe(false);
    expect(core.after(1).has('fence')).toBe(true);
  });

  it('has the time of a fence to renew a lease that its guardian held', () => {
    const core = guarded(woken(true), 2_000);
    expect(core.after(699).has('fence')).toBe(false);
    expect(core.sent('heartbeat')).not.toEqual([]);
    core.answerHeartbeat(2).after(1_000);
    expect(core.has('fence')).toBe(false);
  });

  it('fences when nobody renews it, at the latest when the guardian would', () => {
    expect(guarded(woken(true), 2_000).after(700).has('fence')).toBe(true);
    expect(guarded(woken(true), 100).after(100).has('fence')).toBe(true);
  });

  it('does not count what the guardian held in another term, or no longer holds', () => {
    expect(guarded(woken(true), 2_000, 2).after(50).has('fence')).toBe(true);
    expect(guarded(woken(true), 0).after(50).has('fence')).toBe(true);
  });
});
