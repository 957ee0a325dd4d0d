import { ownLeaseUntilMs } from '../../decisions/failover/lease.ts';
import type { CoreLoop } from '../core-loop.ts';
import type { Node } from '../node.ts';

/**
 * Sits out `promote_delay` and resolves with the time until which the lease lasts then. The core is woken first: a lease
 * that was lost meanwhile ends in a fence, which aborts `signal`.
 */
export async function delayPromotion(
  { adapters, settings, log }: Pick<Node, 'adapters' | 'settings' | 'log'>,
  loop: Pick<CoreLoop, 'feed' | 'state'>,
  { leaseUntilMs, signal }: { readonly leaseUntilMs: number; readonly signal: AbortSignal },
): Promise<number> {
  const { promote_delay: delaySecs } = settings.settings;
  if (delaySecs === 0) return leaseUntilMs;
  log.notice(`the promotion begins in ${delaySecs} s, as promote_delay says`);
  await adapters.clock.sleep(delaySecs * 1_000, signal);
  loop.feed({ type: 'tick' });
  signal.throwIfAborted();
  return ownLeaseUntilMs(loop.state, adapters.clock.monotonicMs()) ?? leaseUntilMs;
}
