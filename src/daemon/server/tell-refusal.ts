import { ConnectionFailed, QueryFailed } from '../../domain/errors/repmgr-error.ts';
import { messageOf, type Node } from '../node.ts';

interface Refusal {
  readonly sinceMs: number;
  /** What was told of it: each SQLSTATE, or `silent` where the server gave none. */
  readonly told: Set<string>;
}

/** cannot_connect_now: starting up, recovering or shutting down; it passes by itself. */
const passing = '57P03';
const silent = 'silent';
/** A server that is being started, or answers late once, is no news. */
const silentLimitMs = 2_000;

/**
 * Tells people that the local PostgreSQL lives but doesn't let this daemon in, and why: once for each reason, and
 * once when it answers again. For the protocol one that refuses is alive and nothing happens, so nobody else tells.
 */
export class RefusalReporter {
  private readonly node: Node;
  private refusal: Refusal | undefined;

  constructor(node: Node) {
    this.node = node;
  }

  /** To be called when a server that runs could not be asked. */
  refused(error: unknown): void {
    const nowMs = this.node.adapters.clock.monotonicMs();
    const reason = sqlStateOf(error) ?? silent;
    const { sinceMs, told } = (this.refusal ??= { sinceMs: nowMs, told: new Set() });
    if (told.has(reason) || (reason === silent && nowMs - sinceMs < silentLimitMs)) return;
    told.add(reason);
    this.tell(reason, error);
  }

  /** To be called when the server has answered. */
  answered(): void {
    const { refusal } = this;
    this.refusal = undefined;
    if (refusal === undefined || refusal.told.size === 0) return;
    const seconds = (this.node.adapters.clock.monotonicMs() - refusal.sinceMs) / 1_000;
    this.node.log.notice(`PostgreSQL of this node answers again after ${seconds.toFixed(1)} s`);
  }

  /** To be called when it doesn't run any more: what comes next is another story. */
  forget(): void {
    this.refusal = undefined;
  }

  private tell(reason: string, error: unknown): void {
    const { log } = this.node;
    const message = `PostgreSQL of this node runs, but cannot be asked: ${messageOf(error)}`;
    if (reason === passing) log.notice(message);
    else {
      log.warning(message, {
        detail:
          reason === silent
            ? 'a primary that goes on giving no answer at all counts as hung, and another takes over'
            : 'a server that runs is alive for the protocol, and no other is elected because of this',
        hint: (error as { hint?: string }).hint,
      });
    }
  }
}

function sqlStateOf(error: unknown): string | undefined {
  return error instanceof ConnectionFailed || error instanceof QueryFailed ? error.sqlState : undefined;
}
