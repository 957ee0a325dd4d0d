import type { NodeId } from '../domain/node.ts';
import type { Connection } from '../ports/connection.ts';
import { messageOf, type Node } from './node.ts';

/** Writes a row of `repmgr.monitoring_history` on the primary at each call, over a connection that is kept. */
export class MonitoringSampler {
  private readonly node: Node;
  private primary: Connection | undefined;

  constructor(node: Node) {
    this.node = node;
  }

  async sample(
    local: Connection,
    primary: { readonly nodeId: NodeId; readonly conninfo: string },
  ): Promise<void> {
    const { adapters, log } = this.node;
    try {
      if (this.primary?.isOpen() !== true) {
        this.primary = await adapters.connections.connect(primary.conninfo, { timeoutMs: 2_000 });
      }
      const [own, theirs] = await Promise.all([
        adapters.inspector.walPositions(local),
        adapters.inspector.walPositions(this.primary),
      ]);
      if (theirs.flushLsn === null) throw new Error(`node ${primary.nodeId} is in recovery`);
      await adapters.metadata.insertMonitoringSample(this.primary, {
        primaryNodeId: primary.nodeId,
        standbyNodeId: this.node.nodeId,
        primaryLsn: theirs.flushLsn,
        receivedLsn: own.receivedLsn,
        replayedLsn: own.replayedLsn,
        lastReplayTimestamp: own.lastReplayTimestamp,
      });
    } catch (error) {
      this.primary?.destroy();
      this.primary = undefined;
      log.debug('no monitoring sample was written', { detail: messageOf(error) });
    }
  }

  close(): void {
    this.primary?.destroy();
    this.primary = undefined;
  }
}
