import { randomBytes } from 'node:crypto';
import { effectiveListenAddresses } from '../config/effective-settings.ts';
import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { DurableState } from '../decisions/failover/state.ts';
import { OperationFailed } from '../domain/errors/repmgr-error.ts';
import type { NodeId, NodeRecord } from '../domain/node.ts';
import { rememberDaemon } from '../operations/daemon-process.ts';
import { waitUntil } from '../operations/wait-until.ts';
import type { PeerNetwork } from '../ports/peer-network.ts';
import type { PeerServer, PeerServerOptions } from '../ports/peer-server.ts';
import { CoreLoop } from './core-loop.ts';
import { coreParameters } from './core-parameters.ts';
import type { DecisionJournal } from './decision-journal.ts';
import { findEventDestination } from './find-event-destination.ts';
import type { GuardianLink } from './guardian/guardian-link.ts';
import { matchUpstream } from './match-upstream.ts';
import { messageOf, type Node } from './node.ts';
import { EffectPerformer } from './perform-effects.ts';
import { EventRecorder } from './record-cluster-events.ts';
import { MetadataRefresher } from './refresh-metadata.ts';
import { OutageReporter } from './report-outages.ts';
import { SelfCheck } from './self-check.ts';
import { createMessageHandler } from './serve-peers.ts';
import { type ServerSighting, ServerWatch } from './server/watch-server.ts';
import { LeftoverSettler } from './settle-leftovers.ts';
import type { StateStore } from './state-store.ts';
import { toJsonValue } from './wire/schemas.ts';

const calmWatchIntervalMs = 1_000;
const lateWatchIntervalMs = 50;
const relistenMs = 1_000;
const freshenLimitMs = 100;
const farewellLimitMs = 500;
const lastLookMs = 500;
const handoverLimitMs = 5_000;
const starting = { status: 503, body: { error: 'this daemon is starting' } };

export interface DaemonOptions {
  readonly node: Node;
  readonly store: StateStore;
  readonly durable: DurableState;
  /** As registered; empty while the local server is down. */
  readonly nodes: readonly NodeRecord[];
  readonly clusterKey: string | undefined;
  readonly journal: DecisionJournal;
  readonly guardian: GuardianLink;
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
  private readonly metadata: MetadataRefresher;
  private readonly network: PeerNetwork;
  private readonly server: PeerServer;
  private readonly selfCheck: SelfCheck;
  private readonly outages: OutageReporter;
  private readonly leftovers: LeftoverSettler;
  private followed: { readonly conninfo: string; readonly nodeId: NodeId } | undefined;
  private readonly timers = new Set<NodeJS.Timeout>();
  private isTakingPart = false;
  private isEnding = false;

  constructor(options: DaemonOptions) {
    const { node } = options;
    this.options = options;
    this.node = node;
    this.network = node.adapters.peerNetwork({
      clusterKey: () => this.metadata.clusterKey,
      nodeId: node.nodeId,
      startId: this.startId,
    });
    this.events = new EventRecorder(node, () =>
      findEventDestination(node, this.loop.state, this.watch.current),
    );
    this.performer = new EffectPerformer({
      node,
      loop: () => this.loop,
      watch: () => this.watch,
      events: this.events,
      journal: options.journal,
      beforeOpening: () => options.guardian.confirm(),
      onFollowed: (conninfo, nodeId) => {
        this.followed = { conninfo, nodeId };
      },
    });
    this.loop = new CoreLoop({
      node,
      store: options.store,
      durable: options.durable,
      parameters: coreParameters(
        node.settings,
        options.nodes.find(({ nodeId }) => nodeId === node.nodeId),
      ),
      network: () => (this.metadata.clusterKey === undefined ? undefined : this.network),
      perform: (effect, stored) => this.performer.perform(effect, stored),
      markStandby: () => this.performer.markStandby(),
      onStep: (state) => options.guardian.feed(state),
    });
    this.watch = new ServerWatch(node, {
      onSighting: (sighting) => this.onSighting(sighting),
      onLate: () => this.loop.feed({ type: 'lookUnanswered' }),
      upstreamOf: (conninfo) => this.upstreamOf(conninfo),
      intervalMs: () => this.watchIntervalMs(),
    });
    this.outages = new OutageReporter(node, this.events);
    this.leftovers = new LeftoverSettler(node);
    const { loop, network, startId, watch, outages } = this;
    const { nodes, clusterKey } = options;
    this.metadata = new MetadataRefresher({ node, loop, outages, nodes, clusterKey });
    this.selfCheck = new SelfCheck({ node, loop, network, startId, connection: () => watch.current });
    this.server = this.createServer();
  }

  /** Resolves when the daemon listens and takes part. */
  async start(): Promise<void> {
    // The port comes first: whoever has it is the only daemon of this node, and the only one to change its state.
    await this.server.start();
    await this.requireSoleOwner();
    await rememberDaemon(this.node, process.pid);
    this.options.guardian.attach((event) => this.loop.feed(event));
    await this.loop.start();
    if (this.loop.state.parameters.isWitness !== true) await this.options.guardian.start();
    this.isTakingPart = true;
    await this.watch.look();
    void this.checkSelf();
    void this.refreshRegularly();
    this.events.record({
      nodeId: this.node.nodeId,
      event: 'repmgrd_start',
      successful: true,
      details: `monitoring node "${this.node.settings.settings.node_name}" (ID: ${this.node.nodeId})`,
    });
  }

  /** Until the port was bound an earlier daemon may have gone on voting. */
  private async requireSoleOwner(): Promise<void> {
    const { store, durable } = this.options;
    const stored = await store.load(durable.incarnation);
    if (JSON.stringify(toJsonValue(stored)) === JSON.stringify(toJsonValue(durable))) return;
    throw new OperationFailed(`another repmgrd of this node has just changed "${store.path}"`, {
      hint: 'start this one again once the other has ended',
    });
  }

  /** New settings are in force from now on. */
  applySettings(settings: LoadedSettings): void {
    const isConninfoChanged = settings.settings.conninfo !== this.node.settings.settings.conninfo;
    this.node.settings = settings;
    if (isConninfoChanged) this.watch.reconnect();
    this.node.localServer = this.node.adapters.localServer(settings.settings);
    void this.options.guardian.refresh();
    this.loop.feed({ type: 'parametersChanged', parameters: coreParameters(settings, this.metadata.record) });
  }

  /** PostgreSQL goes on running; nothing is handed over, unless that has begun already. */
  async end(): Promise<void> {
    await this.finishHandover();
    this.isEnding = true;
    for (const timer of this.timers) clearTimeout(timer);
    // No vote is granted any more before the port closes (failover.md §4).
    this.loop.end();
    this.options.guardian.end();
    if (this.loop.state.parameters.isWitness === true) await this.sayFarewell();
    this.events.record({
      nodeId: this.node.nodeId,
      event: 'repmgrd_shutdown',
      successful: true,
      details: 'the daemon was asked to end; PostgreSQL goes on running',
    });
    await Promise.all([this.server.stop(), this.performer.end(), this.events.settled()]);
    await this.options.journal.settled();
    this.metadata.close();
    await this.watch.stop();
    await this.network.close();
  }

  /** When the host goes down, PostgreSQL is stopped first and this daemon right after it. */
  private async finishHandover(): Promise<void> {
    const { clock } = this.node.adapters;
    if (this.loop.state.role !== 'primary' && this.loop.state.handover === null) return;
    const { signal } = new AbortController();
    await Promise.race([this.watch.lookAfresh(), clock.sleep(lastLookMs, signal)]);
    const wait = { clock, intervalMs: 20, timeoutMs: handoverLimitMs, signal };
    await waitUntil(wait, () => Promise.resolve(this.loop.state.handover === null ? true : undefined));
  }

  /** A witness confirms by its daemon alone: who counts on it shall know why it no longer does. */
  private async sayFarewell(): Promise<void> {
    const { configuration, term } = this.loop.state.durable;
    const { nodeId } = this.node;
    const others = (configuration?.voters ?? []).filter((voter) => voter.nodeId !== nodeId);
    const options = { timeoutMs: farewellLimitMs };
    await Promise.all(
      others.map((voter) => this.network.request(voter, 'released', { nodeId, term }, options)),
    );
  }

  private createServer(): PeerServer {
    const { node } = this;
    const handle = createMessageHandler(node, this.loop, {
      journal: this.options.journal,
      startedAt: node.adapters.clock.wallTime(),
      freshen: () =>
        Promise.race([this.watch.look(), node.adapters.clock.sleep(freshenLimitMs, node.ending)]),
    });
    return this.options.createPeerServer({
      nodeId: node.nodeId,
      startId: this.startId,
      clusterKey: () => this.metadata.clusterKey,
      listen: {
        hosts: effectiveListenAddresses(node.settings.settings),
        port: node.settings.settings.api_port,
      },
      handle: (message, body, from) => {
        // Until a heartbeat is overdue nobody asks when WAL last came: a look a second is enough.
        if (message === 'heartbeat') this.watch.lookIfOlderThan(calmWatchIntervalMs);
        if (!this.isTakingPart) return Promise.resolve(starting);
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

  private async checkSelf(): Promise<void> {
    const delayMs = await this.selfCheck.run();
    this.later(delayMs, () => this.checkSelf());
  }

  /** The daemon of a registered node has started: it may become a voter without waiting for the next look. */
  private async onIntroduced(): Promise<{ status: number; body: unknown }> {
    const connection = this.watch.current;
    if (connection !== undefined && this.loop.state.reign !== null) await this.metadata.refresh(connection);
    return { status: 200, body: { nodeId: this.node.nodeId } };
  }

  private onSighting({ server, walMovedAtMs }: ServerSighting): void {
    this.loop.feed({ type: 'observed', server, walMovedAtMs });
    this.outages.consider(this.loop.state);
  }

  /**
   * Whom a primary_conninfo leads to. One that this daemon wrote itself is known even where names and addresses
   * differ between it and the metadata; before the first configuration the metadata knows the nodes.
   */
  private upstreamOf(conninfo: string | undefined): NodeId | null {
    const voters = this.loop.state.durable.configuration?.voters ?? [];
    const matched = matchUpstream(conninfo, voters) ?? matchUpstream(conninfo, this.metadata.nodes);
    if (matched !== null) return matched;
    const { followed } = this;
    return followed !== undefined && followed.conninfo === conninfo ? followed.nodeId : null;
  }

  /** A follower looks closely while a heartbeat is overdue: the time of the last WAL decides when to stand. */
  private watchIntervalMs(): number {
    const { reign, primary, durable } = this.loop.state;
    if (reign !== null) return calmWatchIntervalMs;
    const intervalMs = durable.configuration?.heartbeatIntervalMs ?? calmWatchIntervalMs;
    if (primary === null) return intervalMs;
    const sinceHeardMs = this.node.adapters.clock.monotonicMs() - primary.heardAtMs;
    const isOverdue =
      sinceHeardMs > 1.2 * intervalMs && sinceHeardMs < 2 * (durable.configuration?.leaseMs ?? 0);
    return isOverdue ? lateWatchIntervalMs : 1.3 * intervalMs;
  }

  private async refreshRegularly(): Promise<void> {
    const connection = this.watch.current;
    if (connection !== undefined) {
      try {
        await this.metadata.refresh(connection);
        await this.leftovers.consider(this.loop.state, connection);
      } catch (error) {
        this.node.log.debug('the metadata could not be read', { detail: messageOf(error) });
      }
    }
    this.tellStatus();
    this.later(this.node.settings.settings.monitor_interval_secs * 1_000, () => this.refreshRegularly());
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
