import type { CoreEvent } from '../../decisions/failover/events-and-effects.ts';
import { ConnectionFailed, QueryFailed } from '../../domain/errors/repmgr-error.ts';
import type { Connection } from '../../ports/connection.ts';
import { messageOf, type Node } from '../node.ts';

export type ProbeOutcome = Pick<CoreEvent & { type: 'serverProbed' }, 'outcome' | 'detail'>;

const retryMs = 100;

/**
 * Writes a tiny record over a new connection and waits for the local disk, for no standby. Resolves at the latest after
 * `timeoutMs`; attempts that nobody answers are repeated until then, as conninfo may allow each of them less.
 */
export async function probeServer(node: Node, timeoutMs: number): Promise<ProbeOutcome> {
  const { clock } = node.adapters;
  const untilMs = clock.monotonicMs() + timeoutMs;
  for (;;) {
    const outcome = await attempt(node, untilMs - clock.monotonicMs());
    const leftMs = untilMs - clock.monotonicMs();
    if (outcome.outcome !== 'silent' || leftMs < retryMs) {
      // The time is over only when it is: a last attempt would be too short to mean anything.
      if (outcome.outcome === 'silent' && leftMs > 0) await clock.sleep(leftMs, node.ending);
      return outcome;
    }
    await clock.sleep(retryMs, node.ending);
  }
}

async function attempt({ adapters, settings, ending }: Node, timeoutMs: number): Promise<ProbeOutcome> {
  const { clock, connections, inspector } = adapters;
  const untilMs = clock.monotonicMs() + timeoutMs;
  let connection: Connection | undefined;
  let timer: NodeJS.Timeout | undefined;
  let isTooLate = false;
  try {
    const { conninfo } = settings.settings;
    connection = await connections.connect(conninfo, { timeoutMs, signal: ending });
    const opened = connection;
    timer = setTimeout(
      () => {
        isTooLate = true;
        opened.destroy();
      },
      Math.max(1, untilMs - clock.monotonicMs()),
    );
    await inspector.prepareWalMarks(opened);
    await inspector.writeWalMark(opened);
    return { outcome: 'answered', detail: 'a write reached the disk' };
  } catch (error) {
    if (isTooLate)
      return { outcome: 'silent', detail: 'a new connection was opened, but no write reached the disk' };
    return {
      outcome: isRefusal(error) ? 'refused' : isSilence(error) ? 'silent' : 'unclear',
      detail: messageOf(error),
    };
  } finally {
    clearTimeout(timer);
    connection?.destroy();
  }
}

/** The server has said something, be it that it has no room or knows no such user. */
function isRefusal(error: unknown): boolean {
  return (error instanceof ConnectionFailed || error instanceof QueryFailed) && error.sqlState !== undefined;
}

/** Whether the server was reached and nothing came back; a name that is not resolved says nothing of it. */
export function isSilence(error: unknown): boolean {
  return error instanceof ConnectionFailed && error.isSilent;
}
