import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

const calmWatchIntervalMs = 1_000;
const lateWatchIntervalMs = 50;

/** Time until a daemon looks at its server again: as it does it itself, closely only while a heartbeat is overdue. */
export function watchIntervalMs({ state, parameters, localMs }: SimulatedNode): number {
  if (state === null || state.reign !== null) return calmWatchIntervalMs;
  const { heartbeatIntervalMs, leaseMs } = state.durable.configuration ?? parameters;
  if (state.primary === null) return heartbeatIntervalMs;
  const sinceHeardMs = localMs - state.primary.heardAtMs;
  const isOverdue = sinceHeardMs > 1.2 * heartbeatIntervalMs && sinceHeardMs < 2 * leaseMs;
  return isOverdue ? lateWatchIntervalMs : 1.3 * heartbeatIntervalMs;
}

/** Mostly a matter of milliseconds; always within the budget that the protocol keeps for it. */
export function fenceMs({ random }: World, { parameters }: SimulatedNode): number {
  return random.chance(0.2) ? random.between(300, parameters.fenceBudgetMs - 20) : random.between(2, 300);
}

export function promoteMs({ random, conditions }: World, { parameters }: SimulatedNode): number {
  if (conditions.isPromotionSlow) return random.between(0.6, 0.85) * (parameters.promoteTimeoutMs ?? 0);
  return random.chance(0.1) ? random.between(200, 1_500) : random.between(10, 120);
}
