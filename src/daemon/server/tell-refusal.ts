import { ConnectionFailed, QueryFailed } from '../../domain/errors/repmgr-error.ts';
import { messageOf, type Node } from '../node.ts';

interface Refusal {
  /** SQLSTATE, or the message where the server gave none. */
  readonly reason: string;
  readonly sinceMs: number;
}

/** cannot_connect_now: starting up, recovering or shutting down; it passes by itself. */
const passing = '57P03';

/**
 * Tells people that the local PostgreSQL lives but doesn't let this daemon in, and why: once for each reason, and
 * once when it answers again. For the protocol such a server is alive and nothing happens, so nobody else tells.
 */
export class RefusalReporter {
  private readonly node: Node;
  private refusal: Refusal | undefined;

  constructor(node: Node) {
    this.node = node;
  }

  /** To be called when a server that runs could not be asked. */
  refused(error: unknown): void {
    const { node, refusal } = this;
    const sqlState = sqlStateOf(error);
    const reason = sqlState ?? messageOf(error);
    if (refusal?.reason === reason) return;
    this.refusal = { reason, sinceMs: refusal?.sinceMs ?? node.adapters.clock.monotonicMs() };
    const message = `PostgreSQL of this node runs, but cannot be asked: ${messageOf(error)}`;
    const detail = 'a server that refuses is alive, which is no reason to fail over';
    if (sqlState === passing) node.log.notice(message, { detail });
    else node.log.warning(message, { detail, hint: (error as { hint?: string }).hint });
  }

  /** To be called when the server has answered. */
  answered(): void {
    if (this.refusal === undefined) return;
    const seconds = (this.node.adapters.clock.monotonicMs() - this.refusal.sinceMs) / 1_000;
    this.refusal = undefined;
    this.node.log.notice(`PostgreSQL of this node answers again after ${seconds.toFixed(1)} s`);
  }

  /** To be called when it doesn't run any more: what comes next is another story. */
  forget(): void {
    this.refusal = undefined;
  }
}

function sqlStateOf(error: unknown): string | undefined {
  return error instanceof ConnectionFailed || error instanceof QueryFailed ? error.sqlState : undefined;
}
