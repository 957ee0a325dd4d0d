import type { Node } from '../../../../src/daemon/node.ts';
import type { NotificationQueue } from '../../../../src/daemon/notifications.ts';
import type { NodeId } from '../../../../src/domain/node.ts';
import type { Adapters } from '../../../../src/ports/adapters.ts';
import type { LocalServer } from '../../../../src/ports/local-server.ts';
import type { DaemonLog, LogRecord } from '../../../../src/ports/logger.ts';
import { operationContext } from '../../../fakes/operation-context.ts';
import { partialPort } from '../../../fakes/partial-port.ts';

/** Node 1 of a daemon, and what it logged. */
export function daemonNode(
  adapters: Adapters,
  localServer: LocalServer = partialPort('localServer', {}),
): { node: Node; records: LogRecord[] } {
  const { settings, log, records } = operationContext(adapters);
  const node: Node = {
    nodeId: 1 as NodeId,
    adapters,
    log: partialPort<DaemonLog>('log', log),
    notifications: partialPort<NotificationQueue>('notifications', {}),
    ending: new AbortController().signal,
    settings,
    localServer,
  };
  return { node, records };
}
