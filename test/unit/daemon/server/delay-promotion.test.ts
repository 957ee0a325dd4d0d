import { describe, expect, it } from 'vitest';
import { delayPromotion } from '../../../../src/daemon/server/delay-promotion.ts';
import type { CoreState } from '../../../../src/decisions/failover/state.ts';
import type { Adapters } from '../../../../src/ports/adapters.ts';
import { FakeClock } from '../../../fakes/fake-host.ts';
import { partialPort } from '../../../fakes/partial-port.ts';
import { leaseMs, primary, startMs } from '../../decisions/failover/core-fixture.ts';
import { daemonNode } from './daemon-node.ts';

/** The lease was `leaseUntilMs` when the promotion was decided; the core has renewed it at `startMs`. */
function delayed(promoteDelay: number, onWoken: (fence: () => void) => void = () => {}) {
  const clock = new FakeClock();
  clock.nowMs = startMs - 5_000;
  const { node } = daemonNode(partialPort<Adapters>('adapters', { clock }));
  const settings = { ...node.settings.settings, promote_delay: promoteDelay };
  const changed = { ...node, settings: { ...node.settings, settings } };
  const controller = new AbortController();
  const state: CoreState = primary();
  const loop = { state, feed: () => onWoken(() => controller.abort()) };
  const request = { leaseUntilMs: startMs - 4_000, signal: controller.signal };
  return { clock, run: () => delayPromotion(changed, loop, request) };
}

describe('delayPromotion', () => {
  it('is no delay unless one is asked for', async () => {
    const { clock, run } = delayed(0);
    expect(await run()).toBe(startMs - 4_000);
    expect(clock.nowMs).toBe(startMs - 5_000);
  });

  it('takes as long as promote_delay says, while the core renews the lease', async () => {
    const { clock, run } = delayed(5);
    expect(await run()).toBe(startMs + leaseMs);
    expect(clock.nowMs).toBe(startMs);
  });

  it('ends in no promotion when the core, woken first, fences', async () => {
    await expect(delayed(5, (fence) => fence()).run()).rejects.toThrow('aborted');
  });
});
