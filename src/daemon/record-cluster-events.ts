import type { ClusterEvent } from '../domain/event.ts';
import { recordEvent } from '../operations/record-event.ts';
import type { Connection } from '../ports/connection.ts';
import { messageOf, type Node, operationContext } from './node.ts';

const connectLimitMs = 2_000;

/** Where a row of `repmgr.events` can be written just now: an open connection, a conninfo, or nowhere. */
export type EventDestination =
  | { readonly kind: 'open'; readonly connection: Connection }
  | { readonly kind: 'conninfo'; readonly conninfo: string }
  | { readonly kind: 'nowhere' };

/**
 * Writes events one after the other, in their order and out of the decision loop's way. Without a primary to
 * write to, only the notification command runs.
 */
export class EventRecorder {
  private readonly node: Node;
  private readonly destination: () => Promise<EventDestination>;
  private previous: Promise<void> = Promise.resolve();

  constructor(node: Node, destination: () => Promise<EventDestination>) {
    this.node = node;
    this.destination = destination;
  }

  record(event: ClusterEvent): void {
    this.previous = this.previous.then(() => this.write(event));
  }

  /** Resolves when everything recorded so far is written. */
  settled(): Promise<void> {
    return this.previous;
  }

  private async write(event: ClusterEvent): Promise<void> {
    const context = operationContext(this.node, new AbortController().signal);
    const destination = await this.destination();
    if (destination.kind === 'open') {
      await recordEvent(context, event, destination.connection);
      return;
    }
    const connection = destination.kind === 'conninfo' ? await this.open(destination.conninfo) : undefined;
    await recordEvent(context, event, connection);
    await connection?.close();
  }

  private async open(conninfo: string): Promise<Connection | undefined> {
    try {
      return await this.node.adapters.connections.connect(conninfo, { timeoutMs: connectLimitMs });
    } catch (error) {
      this.node.log.debug('no connection to the primary for an event', { detail: messageOf(error) });
      return undefined;
    }
  }
}
