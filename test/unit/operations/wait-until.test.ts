import { describe, expect, it } from 'vitest';
import { Cancelled } from '../../../src/domain/errors/repmgr-error.ts';
import { waitUntil } from '../../../src/operations/wait-until.ts';
import { FakeClock } from '../../fakes/fake-host.ts';

const never = new AbortController().signal;

describe('waitUntil', () => {
  it('returns at once what is there already', async () => {
    const clock = new FakeClock();
    const wait = { clock, intervalMs: 100, timeoutMs: 1_000, signal: never };
    expect(await waitUntil(wait, async () => 'there')).toBe('there');
    expect(clock.nowMs).toBe(0);
  });

  it('looks again at each interval', async () => {
    const clock = new FakeClock();
    const looks: number[] = [];
    const wait = { clock, intervalMs: 100, timeoutMs: 1_000, signal: never };
    await waitUntil(wait, async () => {
      looks.push(clock.nowMs);
      return looks.length === 3 ? true : undefined;
    });
    expect(looks).toEqual([0, 100, 200]);
  });

  it('looks a last time at the deadline itself', async () => {
    const clock = new FakeClock();
    const looks: number[] = [];
    const wait = { clock, intervalMs: 400, timeoutMs: 1_000, signal: never };
    expect(await waitUntil(wait, async () => void looks.push(clock.nowMs))).toBeUndefined();
    expect(looks).toEqual([0, 400, 800, 1_000]);
  });

  it('looks once without a time-out', async () => {
    let looks = 0;
    const wait = { clock: new FakeClock(), intervalMs: 400, timeoutMs: 0, signal: never };
    expect(await waitUntil(wait, async () => void (looks += 1))).toBeUndefined();
    expect(looks).toBe(1);
  });

  it('ends when it is cancelled', async () => {
    const controller = new AbortController();
    const clock = new FakeClock();
    clock.onSleep = () => controller.abort();
    const wait = { clock, intervalMs: 100, timeoutMs: 1_000, signal: controller.signal };
    await expect(waitUntil(wait, async () => undefined)).rejects.toBeInstanceOf(Cancelled);
  });
});
