import { randomBytes } from 'node:crypto';
import { effectiveListenAddresses } from '../config/effective-settings.ts';
import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { DurableState } from '../decisions/failover/state.ts';
import type { NodeId, NodeRecord } from '../domain/node.ts';
import { localDaemonAddress } from '../operations/daemon-access.ts';
import { keepClusterKey } from '../operations/prepare-voter.ts';
import type { Connection } from '../ports/connection.ts';
import type { PeerNetwork } from '../ports/peer-network.ts';
import type { PeerServer, PeerServerOptions } from '../ports/peer-server.ts';
import { CoreLoop } from './core-loop.ts';
import { coreParameters } from './core-parameters.ts';
import { matchUpstream } from './match-upstream.ts';
import { messageOf, type Node, operationContext } from './node.ts';
import { EffectPerformer } from './perform-effects.ts';
import { readRegisteredVoters } from './read-registered-voters.ts';
import { type EventDestination, EventRecorder } from './record-cluster-events.ts';
import { MonitoringSampler } from './sample-monitoring.ts';
import { createMessageHandler } from './serve-peers.ts';
import { type ServerSighting, ServerWatch } from './server/watch-server.ts';
import type { StateStore } from './state-store.ts';

const selfCheckIntervalMs = 10_000;
const selfCheckRetryMs = 500;
const primaryWatchIntervalMs = 1_000;
const lateWatchIntervalMs = 50;
const relistenMs = 1_000;
const freshenLimitMs = 100;

export interface DaemonOptions {
  readonly node: Node;
  readonly store: StateStore;
  readonly durable: DurableState;
  readonly record: NodeRecord | undefined;
  readonly clusterKey: string | undefined;
  readonly createPeerServer: (options: PeerServerOptions) => PeerServer;
}

/** The running daemon: joins the protocol core with the local server, the peers and the clock. */
export class Daemon {
  private readonly node: Node;
  private readonly options: DaemonOptions;
  private readonly startId = randomBytes(16).toString('hex');
  private readonly loop: CoreLoop;
  private readonly watch: ServerWatch;
  private readonly events: EventRecorder;
  private readonly performer: EffectPerformer;
  private readonly sampler: MonitoringSampler;
  private readonly network: PeerNetwork;
  private readonly server: PeerServer;
  private clusterKey: string | undefined;
  private record: NodeRecord | undefined;
  private followed: { readonly conninfo: string; readonly nodeId: NodeId } | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private isEnding = false;

  constructor(options: DaemonOptions) {
    const { node } = options;
    this.options = options;
    this.node = node;
    this.clusterKey = options.clusterKey;
    this.record = options.record;
    this.network = node.adapters.peerNetwork({
      clusterKey: () => this.clusterKey,
      nodeId: node.nodeId,
      startId: this.startId,
    });
    this.events = new EventRecorder(node, () => this.eventDestination());
    this.performer = new EffectPerformer({
      node,
      loop: () => this.loop,
      watch: () => this.watch,
      events: this.events,
    });
    this.loop = new CoreLoop({
      node,
      store: options.store,
      durable: options.durable,
      parameters: coreParameters(node.settings, options.record),
      network: () => (this.clusterKey === undefined ? undefined : this.network),
      perform: (effect, stored) => this.performer.perform(effect, stored),
    });
    this.watch = new ServerWatch(node, {
      onSighting: (sighting) => this.onSighting(sighting),
      upstreamOf: (conninfo) => this.upstreamOf(conninfo),
      intervalMs: () => this.watchIntervalMs(),
    });
    this.sampler = new MonitoringSampler(node);
    this.server = this.createServer();
  }

  /** Resolves when the daemon listens and takes part. */
  async start(): Promise<void> {
    await this.loop.start();
    await this.watch.look();
    await this.server.start();
    void this.checkSelf();
    void this.refreshRegularly();
    this.events.record({
      nodeId: this.node.nodeId,
      event: 'repmgrd_start',
      successful: true,
      details: `monitoring node "${this.node.settings.settings.node_name}" (ID: ${this.node.nodeId})`,
    });
  }

  /** New settings are in force from now on. */
  applySettings(settings: LoadedSettings): void {
    this.node.settings = settings;
    this.node.localServer = this.node.adapters.localServer(settings.settings);
    this.loop.feed({ type: 'parametersChanged', parameters: coreParameters(settings, this.record) });
  }

  /** PostgreSQL goes on running; nothing is handed over. */
  async end(): Promise<void> {
    this.isEnding = true;
    for (const timer of this.timers) clearTimeout(timer);
    // No vote is granted any more before the port closes (failover.md §4).
    this.loop.end();
    this.events.record({
      nodeId: this.node.nodeId,
      event: 'repmgrd_shutdown',
      successful: true,
      details: 'the daemon was asked to end; PostgreSQL goes on running',
    });
    await Promise.all([this.server.stop(), this.performer.end(), this.events.settled()]);
    this.sampler.close();
    await this.watch.stop();
    await this.network.close();
  }

  private createServer(): PeerServer {
    const { node } = this;
    const handle = createMessageHandler(node, this.loop, {
      startedAt: node.adapters.clock.wallTime(),
      freshen: () =>
        Promise.race([this.watch.look(), node.adapters.clock.sleep(freshenLimitMs, node.ending)]),
    });
    return this.options.createPeerServer({
      nodeId: node.nodeId,
      startId: this.startId,
      clusterKey: () => this.clusterKey,
      listen: {
        hosts: effectiveListenAddresses(node.settings.settings),
        port: node.settings.settings.api_port,
      },
      handle: (message, body, from) => {
        // Looking right after each heartbeat keeps the time of the last WAL known without polling for it.
        if (message === 'heartbeat') void this.watch.look();
        if (message === 'introduce') return this.onIntroduced();
        return handle(message, body, from);
      },
      onListenerLost: (error) => {
        node.log.error('the port of this daemon was lost; opening it again', { detail: error.message });
        this.loop.feed({ type: 'listenerLost' });
        this.later(relistenMs, () => this.listenAgain());
      },
      onTrouble: (error) => node.log.warning(error.message, { detail: messageOf(error.cause ?? '') }),
    });
  }

  private async listenAgain(): Promise<void> {
    try {
      await this.server.start();
      await this.checkSelf();
    } catch (error) {
      this.node.log.error('the port of this daemon cannot be opened', { detail: messageOf(error) });
      this.later(relistenMs, () => this.listenAgain());
    }
  }

  /** A daemon votes only while it reaches itself, this very start of it, under its registered address. */
  private async checkSelf(): Promise<void> {
    const address = localDaemonAddress(this.node);
    const reply = await this.network.request(
      address,
      'status',
      {},
      { timeoutMs: 2_000, signal: this.node.ending },
    );
    const reachesItself = reply.kind === 'answered' && reply.from?.startId === this.startId;
    if (!reachesItself && !this.isEnding) {
      const detail = reply.kind === 'failed' ? reply.message : 'another daemon answers there';
      this.node.log.warning(
        `this daemon does not reach itself at ${address.host}:${address.port} and does not vote`,
        {
          detail,
          hint: 'check api_address, api_port and api_listen_addresses, and that no second repmgrd uses them',
          atMostEvery: { id: 'self-check', intervalMs: 60_000 },
        },
      );
    }
    const isFirst = reachesItself && !this.loop.state.reachesItself;
    this.loop.feed({ type: 'listening', reachesItself });
    if (isFirst) {
      this.introduce().catch((error: unknown) => {
        this.node.log.debug('the primary was not told of this daemon', { detail: messageOf(error) });
      });
    }
    this.later(reachesItself ? selfCheckIntervalMs : selfCheckRetryMs, () => this.checkSelf());
  }

  /** The daemon of a registered node has started: it may become a voter without waiting for the next look. */
  private async onIntroduced(): Promise<{ status: number; body: unknown }> {
    const connection = this.watch.current;
    if (connection !== undefined && this.loop.state.reign !== null) await this.refresh(connection);
    return { status: 200, body: { nodeId: this.node.nodeId } };
  }

  /** Tells the primary's daemon that this one is there. Without an answer it finds out by itself, a little later. */
  private async introduce(): Promise<void> {
    const connection = this.watch.current;
    if (connection === undefined || this.loop.state.reign !== null) return;
    const { metadata } = this.node.adapters;
    const primary = await metadata.recordedPrimary(connection);
    const addresses = await metadata.daemonAddresses(connection);
    const address = addresses.find((candidate) => candidate.nodeId === primary?.nodeId);
    if (address === undefined || address.nodeId === this.node.nodeId) return;
    await this.network.request(address, 'introduce', {}, { timeoutMs: 2_000, signal: this.node.ending });
  }

  private onSighting({ server, walMovedAtMs }: ServerSighting): void {
    this.loop.feed({ type: 'observed', server, walMovedAtMs });
  }

  /**
   * Whom a primary_conninfo leads to. One that this daemon wrote itself is known even where names and addresses
   * differ between it and the metadata.
   */
  private upstreamOf(conninfo: string | undefined): NodeId | null {
    const { configuration } = this.loop.state.durable;
    const matched = matchUpstream(conninfo, configuration?.voters ?? []);
    const { operation, primary } = this.loop.state;
    if (matched === null && conninfo !== undefined && conninfo !== '') {
      if (operation?.kind === 'follow' && primary !== null)
        this.followed = { conninfo, nodeId: primary.nodeId };
      return this.followed?.conninfo === conninfo ? this.followed.nodeId : null;
    }
    return matched;
  }

  /** A follower looks closely while a heartbeat is overdue: the time of the last WAL decides when to stand. */
  private watchIntervalMs(): number {
    const { reign, primary, durable } = this.loop.state;
    if (reign !== null) return primaryWatchIntervalMs;
    const intervalMs = durable.configuration?.heartbeatIntervalMs ?? primaryWatchIntervalMs;
    if (primary === null) return intervalMs;
    const sinceHeardMs = this.node.adapters.clock.monotonicMs() - primary.heardAtMs;
    const isOverdue =
      sinceHeardMs > 1.2 * intervalMs && sinceHeardMs < 2 * (durable.configuration?.leaseMs ?? 0);
    return isOverdue ? lateWatchIntervalMs : 1.3 * intervalMs;
  }

  private async eventDestination(): Promise<EventDestination> {
    const { state } = this.loop;
    const connection = this.watch.current;
    if (state.server.recoveryState === 'primary' && connection !== undefined)
      return { kind: 'open', connection };
    // Just (re)started: the watch has not connected yet, but it is the one to write to.
    if (state.reign?.phase === 'writable')
      return { kind: 'conninfo', conninfo: this.node.settings.settings.conninfo };
    const primaryId = state.primary?.nodeId;
    const voter = state.durable.configuration?.voters.find((candidate) => candidate.nodeId === primaryId);
    if (voter !== undefined && voter.nodeId !== this.node.nodeId)
      return { kind: 'conninfo', conninfo: voter.conninfo };
    return primaryId === undefined && connection !== undefined
      ? this.recordedDestination(connection)
      : { kind: 'nowhere' };
  }

  /** Before the first heartbeat the metadata tells who should be the primary. */
  private async recordedDestination(connection: Connection): Promise<EventDestination> {
    try {
      const primary = await this.node.adapters.metadata.recordedPrimary(connection);
      const isOther = primary !== undefined && primary.nodeId !== this.node.nodeId;
      return isOther ? { kind: 'conninfo', conninfo: primary.conninfo } : { kind: 'nowhere' };
    } catch (error) {
      this.node.log.debug('the metadata could not be read', { detail: messageOf(error) });
      return { kind: 'nowhere' };
    }
  }

  private async refreshRegularly(): Promise<void> {
    const connection = this.watch.current;
    if (connection !== undefined) {
      try {
        await this.refresh(connection);
      } catch (error) {
        this.node.log.debug('the metadata could not be read', { detail: messageOf(error) });
      }
    }
    this.tellStatus();
    this.later(this.node.settings.settings.monitor_interval_secs * 1_000, () => this.refreshRegularly());
  }

  private async refresh(connection: Connection): Promise<void> {
    const { node } = this;
    await this.refreshClusterKey(connection);
    const record = await node.adapters.metadata.node(connection, node.nodeId);
    if (record !== undefined && record.priority !== this.record?.priority) {
      this.record = record;
      this.loop.feed({ type: 'parametersChanged', parameters: coreParameters(node.settings, record) });
    }
    this.loop.feed({ type: 'registered', voters: await readRegisteredVoters(node, connection) });
    await this.sampleMonitoring(connection);
  }

  private async refreshClusterKey(connection: Connection): Promise<void> {
    const key = await this.node.adapters.metadata.clusterKey(connection);
    if (key === undefined || key === this.clusterKey) return;
    this.clusterKey = key;
    await keepClusterKey(operationContext(this.node), key);
  }

  private async sampleMonitoring(connection: Connection): Promise<void> {
    const { state } = this.loop;
    if (!this.node.settings.settings.monitoring_history || state.server.recoveryState !== 'standby') return;
    const primary = state.durable.configuration?.voters.find(
      (voter) => voter.nodeId === state.primary?.nodeId,
    );
    if (primary !== undefined) await this.sampler.sample(connection, primary);
  }

  private tellStatus(): void {
    const { log_status_interval: intervalSecs, node_name: nodeName } = this.node.settings.settings;
    if (intervalSecs === 0) return;
    const { role, primary, durable } = this.loop.state;
    const upstream = primary === null ? '' : `, primary is node ${primary.nodeId}`;
    this.node.log.info(
      `node "${nodeName}" (ID: ${this.node.nodeId}) is ${role} in term ${durable.term}${upstream}`,
      {
        atMostEvery: { id: 'status', intervalMs: intervalSecs * 1_000 },
      },
    );
  }

  private later(delayMs: number, run: () => Promise<void>): void {
    if (this.isEnding) return;
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      void run();
    }, delayMs);
    this.timers.add(timer);
  }
}
