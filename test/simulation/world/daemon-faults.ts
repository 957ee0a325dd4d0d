import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** It dies right after each start, and the service manager starts it again. */
export function crashInLoop(world: World, node: SimulatedNode): void {
  const times = Math.floor(world.random.between(2, 12));
  const pauseMs = world.random.between(100, 1_500);
  world.note(`fault: daemon of node ${node.nodeId} killed ${times} times, every ${pauseMs.toFixed(0)} ms`);
  for (let time = 0; time < times; time += 1) {
    world.clock.after(time * pauseMs, () => {
      if (world.isHealed) return;
      node.crashDaemon();
      world.clock.after(world.random.between(5, 80), () => node.start());
    });
  }
}
