import type { CoreState } from '../decisions/failover/state.ts';
import type { EventName } from '../domain/event.ts';
import type { NodeId, NodeRecord } from '../domain/node.ts';
import { messageOf, type Node } from './node.ts';
import type { EventRecorder } from './record-cluster-events.ts';

/** A standby that is only restarted is back by then. */
const failureAfterMs = 1_000;
const markRetryMs = 5_000;
const connectLimitMs = 2_000;

/** What this node's record on the primary should say of it. */
interface Mark {
  readonly active: boolean;
  readonly event: EventName;
  readonly details: string;
}

/**
 * Tells people what the protocol needs no decision for: that a standby's PostgreSQL is gone or back, which the
 * metadata shows too, and that its upstream has fallen silent or is heard again.
 */
export class OutageReporter {
  private readonly node: Node;
  private readonly events: EventRecorder;
  private goneSinceMs: number | null = null;
  private isFailureReported = false;
  private isRecordConsidered = false;
  private lostUpstream: { readonly nodeId: NodeId; readonly silentSinceMs: number } | null = null;
  private marking = false;
  private markNotBeforeMs = 0;

  constructor(node: Node, events: EventRecorder) {
    this.node = node;
    this.events = events;
  }

  /** To be called at every look at the local server. */
  consider(state: CoreState): void {
    const nowMs = this.node.adapters.clock.monotonicMs();
    this.considerServer(state, nowMs);
    this.considerUpstream(state, nowMs);
  }

  /** A record that says inactive although the standby runs: its failure was reported before this daemon started. */
  considerRecord(own: NodeRecord | undefined, state: CoreState): void {
    if (this.isRecordConsidered || !isRunningStandby(state)) return;
    // Only once: later the local copy may lag behind what was written on the primary.
    this.isRecordConsidered = true;
    if (own?.type === 'standby' && !own.active) this.isFailureReported = true;
  }

  private considerServer(state: CoreState, nowMs: number): void {
    if (isGoneStandby(state)) {
      this.goneSinceMs ??= nowMs;
      if (!this.isFailureReported && nowMs >= this.goneSinceMs + failureAfterMs)
        this.mark(state, nowMs, failure(this.node));
      return;
    }
    this.goneSinceMs = null;
    if (this.isFailureReported && isRunningStandby(state)) this.mark(state, nowMs, recovery(this.node));
  }

  /** Without a primary there is nowhere to write it, so it waits for one. */
  private mark(state: CoreState, nowMs: number, mark: Mark): void {
    const primary = state.durable.configuration?.voters.find(
      (voter) => voter.nodeId === state.primary?.nodeId,
    );
    if (this.marking || primary === undefined || nowMs < this.markNotBeforeMs) return;
    this.marking = true;
    this.markNotBeforeMs = nowMs + markRetryMs;
    this.setActive(primary.conninfo, mark.active)
      .then(() => {
        this.isFailureReported = !mark.active;
        this.markNotBeforeMs = 0;
        const { event, details } = mark;
        this.events.record({ nodeId: this.node.nodeId, event, successful: true, details });
      })
      .catch((error: unknown) => {
        this.node.log.debug(`the record of this node was not marked ${mark.active ? '' : 'in'}active`, {
          detail: messageOf(error),
        });
      })
      .finally(() => {
        this.marking = false;
      });
  }

  private async setActive(conninfo: string, active: boolean): Promise<void> {
    const { adapters, nodeId, ending } = this.node;
    const connection = await adapters.connections.connect(conninfo, {
      timeoutMs: connectLimitMs,
      signal: ending,
    });
    try {
      await adapters.metadata.setActive(connection, nodeId, active);
    } finally {
      connection.destroy();
    }
  }

  private considerUpstream(state: CoreState, nowMs: number): void {
    const { primary, reign, durable } = state;
    if (reign !== null || primary === null || primary.nodeId === this.node.nodeId) {
      this.lostUpstream = null;
      return;
    }
    const heardAtMs = Math.max(primary.heardAtMs, state.walMovedAtMs ?? Number.NEGATIVE_INFINITY);
    const leaseMs = durable.configuration?.leaseMs ?? 0;
    const lost = this.lostUpstream;
    if (lost === null) {
      if (nowMs < heardAtMs + leaseMs || !isRunningStandby(state)) return;
      this.lostUpstream = { nodeId: primary.nodeId, silentSinceMs: heardAtMs };
      this.tellUpstream('repmgrd_upstream_disconnect', primary.nodeId, {
        details: `neither a heartbeat nor WAL has come from node ${primary.nodeId} for ${Math.round(nowMs - heardAtMs)} ms`,
      });
      return;
    }
    if (primary.heardAtMs <= lost.silentSinceMs + leaseMs) return;
    this.lostUpstream = null;
    // Another primary is reported as a failover, when this node follows it.
    if (primary.nodeId !== lost.nodeId) return;
    const seconds = ((primary.heardAtMs - lost.silentSinceMs) / 1_000).toFixed(1);
    this.tellUpstream('repmgrd_upstream_reconnect', primary.nodeId, {
      details: `node ${primary.nodeId} is heard again after ${seconds} s`,
    });
  }

  private tellUpstream(event: EventName, upstream: NodeId, { details }: { details: string }): void {
    const { node } = this;
    node.log.notice(details);
    this.events.record({
      nodeId: node.nodeId,
      event,
      successful: true,
      details,
      context: { nodeId: upstream },
    });
  }
}

/** A fenced or rejoining node is another matter: the protocol brings it back. */
function isGoneStandby({ server, durable, operation, reign }: CoreState): boolean {
  return server.verdict === 'gone' && durable.intent === 'standby' && operation === null && reign === null;
}

function isRunningStandby({ server }: CoreState): boolean {
  return server.verdict === 'up' && server.recoveryState === 'standby';
}

function failure({ nodeId, settings }: Node): Mark {
  const details = `PostgreSQL of node "${settings.settings.node_name}" (ID: ${nodeId}) does not run; the node is marked inactive`;
  return { active: false, event: 'standby_failure', details };
}

function recovery({ nodeId, settings }: Node): Mark {
  const details = `PostgreSQL of node "${settings.settings.node_name}" (ID: ${nodeId}) runs again; the node is marked active`;
  return { active: true, event: 'standby_recovery', details };
}
