import type { SimulatedNode } from './simulated-node.ts';
import type { World } from './world.ts';

/** SIGSTOP to all of a server, or storage that takes no writes any more; it goes on by itself some time later. */
export function hangServer(world: World, node: SimulatedNode): void {
  const { server } = node;
  if (!server.isRunning) return;
  server.hang = world.random.pick(['all', 'all', 'writes'] as const);
  const durationMs = world.random.chance(0.4)
    ? world.random.between(50, 3_000)
    : world.random.between(3_000, 15_000);
  world.note(
    `fault: PostgreSQL of node ${node.nodeId} hangs (${server.hang}) for ${durationMs.toFixed(0)} ms`,
  );
  const { lives } = server;
  world.clock.after(durationMs, () => {
    if (server.lives !== lives || server.hang === 'none') return;
    world.note(`PostgreSQL of node ${node.nodeId} goes on`);
    server.hang = 'none';
  });
}
