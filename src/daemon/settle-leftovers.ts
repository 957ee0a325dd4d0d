import type { CoreState } from '../decisions/failover/state.ts';
import { closePromotions, settleWhileRunning } from '../operations/journal/settle-while-running.ts';
import type { Connection } from '../ports/connection.ts';
import { messageOf, type Node, operationContext } from './node.ts';

const activationLimitMs = 30_000;
const warnEveryMs = 600_000;
/** Operations of this daemon keep entries too, and end them by themselves. */
const othersOnly = { includesOwn: false };

/** Ends, as soon as this standby streams, what a repmgr or repmgrd that was killed here has left open. */
export class LeftoverSettler {
  private readonly node: Node;
  private hasReloaded = false;

  constructor(node: Node) {
    this.node = node;
  }

  /** To be called now and then; where nothing was interrupted it reads the names in one folder. */
  async consider(state: CoreState, connection: Connection): Promise<void> {
    const { server, operation, reign } = state;
    if (operation !== null || server.verdict !== 'up') return;
    try {
      const context = operationContext(this.node);
      await closePromotions(context, othersOnly);
      if (reign !== null || server.recoveryState !== 'standby') return;
      const { mayNeedReload } = await settleWhileRunning(context, connection, othersOnly);
      if (mayNeedReload && !this.hasReloaded) await this.activate();
    } catch (error) {
      this.node.log.warning('what an interrupted operation left could not be settled', {
        detail: messageOf(error),
        atMostEvery: { id: 'leftovers', intervalMs: warnEveryMs },
      });
    }
  }

  /** From PostgreSQL 13 on primary_conninfo takes effect by a reload (manual 20.6.3). */
  private async activate(): Promise<void> {
    const { localServer, log, ending } = this.node;
    this.hasReloaded = true;
    log.notice('a change of the upstream was interrupted: making PostgreSQL read its configuration');
    const majorVersion = (await localServer.majorVersion()) ?? 0;
    if (majorVersion >= 13) await localServer.reload({ timeoutMs: activationLimitMs });
    else await localServer.restart({ timeoutMs: activationLimitMs, signal: ending });
  }
}
