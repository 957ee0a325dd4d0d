import type { CoreEffect } from '../../../src/decisions/failover/events-and-effects.ts';
import type { BareEvent, SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

export function probePrimary(
  world: World,
  node: SimulatedNode,
  effect: CoreEffect & { type: 'probePrimary' },
): void {
  const other = world.node(effect.primary.nodeId);
  const isReachable = world.network.isConnected(node.nodeId, other.nodeId, 'server') && !other.isPaused;
  const delayMs = isReachable ? world.random.between(1, 20) : effect.timeoutMs;
  node.later(delayMs, () => {
    const isWritable = isReachable && other.server.isWritable && other.server.answers;
    node.feed({ type: 'primaryProbed', scope: effect.scope, isWritable });
  });
}

/** A new connection and a write on it: whoever waits for a stopped server is served when it goes on. */
export function probeServer(
  node: SimulatedNode,
  effect: CoreEffect & { type: 'probeServer' },
  untilMs: number,
): void {
  const tell = (outcome: (BareEvent & { type: 'serverProbed' })['outcome']): void =>
    node.feed({ type: 'serverProbed', scope: effect.scope, outcome, detail: outcome });
  node.later(node.diskMs(), () => {
    const { server } = node;
    if (!server.isRunning) tell('unclear');
    else if (server.hang === 'none') tell('answered');
    else if (node.localMs >= untilMs) tell('silent');
    else node.later(Math.min(50, untilMs - node.localMs), () => probeServer(node, effect, untilMs));
  });
}

/** The operator's script, which takes its time and likes to refuse. */
export function validate(world: World, node: SimulatedNode, scope: number): void {
  const { random } = world;
  const takesMs = random.chance(0.2) ? random.between(1_000, 9_000) : random.between(5, 300);
  const refusal = random.chance(0.3) ? 'simulated' : null;
  node.later(takesMs, () => node.feed({ type: 'candidacyValidated', scope, refusal }));
}

export function writeWalRound(
  world: World,
  node: SimulatedNode,
  { term, sentAtMs, voters, timeoutMs }: CoreEffect & { type: 'writeWalRound' },
): void {
  const { life } = node;
  node.later(node.diskMs(), () => {
    if (!node.server.takesWrites) return;
    node.server.write(1n);
    node.walRoad.watch({
      sentAtMs,
      lsn: node.server.endLsn,
      untilMs: world.clock.nowMs + timeoutMs,
      onAcknowledged: (from) => {
        if (life !== node.life || !voters.some((voter) => voter.nodeId === from)) return;
        node.feed({ type: 'walAcknowledged', from, term, sentAtMs });
      },
    });
  });
}
