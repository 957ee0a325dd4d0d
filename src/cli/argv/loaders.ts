import type { CommandRun } from '../command.ts';
import type { CommandName } from './command-table/every-command.ts';

type Loader = () => Promise<{ run: CommandRun }>;

/** Where the code of each command is; nothing is loaded before it is called. */
export const loaders: Partial<Record<CommandName, Loader>> = {
  'primary register': () => import('../commands/primary/register.ts'),
  'primary unregister': () => import('../commands/primary/unregister.ts'),
  'standby register': () => import('../commands/standby/register.ts'),
  'standby clone': () => import('../commands/standby/clone/execute.ts'),
  'standby promote': () => import('../commands/standby/promote.ts'),
  'standby follow': () => import('../commands/standby/follow.ts'),
  'node rejoin': () => import('../commands/node/rejoin.ts'),
  'standby unregister': () => import('../commands/standby/unregister.ts'),
  'node guard': () => import('../commands/node/guard.ts'),
  'node shutdown': () => import('../commands/node/shutdown.ts'),
  'node farewell': () => import('../commands/node/farewell.ts'),
  'node status': () => import('../commands/node/status.ts'),
  'cluster show': () => import('../commands/cluster/show.ts'),
  'cluster explain': () => import('../commands/cluster/explain/execute.ts'),
  'cluster whatif': () => import('../commands/cluster/whatif/execute.ts'),
  'cluster event': () => import('../commands/cluster/event.ts'),
  'service status': () => import('../commands/service/status.ts'),
  'service pause': () => import('../commands/service/pause.ts'),
  'service unpause': () => import('../commands/service/unpause.ts'),
  'daemon start': () => import('../commands/daemon/start.ts'),
  'daemon stop': () => import('../commands/daemon/stop.ts'),
};
