import type { Socket } from 'node:net';
import { effectiveStateDirectory } from '../../config/effective-settings.ts';
import type { CoreState } from '../../decisions/failover/state.ts';
import { reserveMs } from '../../decisions/guardian/guard.ts';
import { type Orders, ordersFor } from '../../decisions/guardian/orders.ts';
import type { BareEvent } from '../core-loop.ts';
import { messageOf, type Node } from '../node.ts';
import { createMessageReader, encodeMessage, type ToDaemon, type ToGuardian } from './guardian-messages.ts';
import { connectToGuardian } from './guardian-socket.ts';
import { killGuardian, startGuardian } from './start-guardian.ts';

/** The guardian may be fencing or taking leave in the name of the daemon before. */
const welcomeLimitMs = 8_000;
const confirmLimitMs = 300;
const againMs = 1_000;

/** The daemon's end of its connection with the guardian of this node. */
export class GuardianLink {
  private readonly node: Node;
  private socket: Socket | undefined;
  private onWelcome: ((isWelcome: boolean) => void) | undefined;
  private readonly confirmations = new Map<number, () => void>();
  private confirmed = 0;
  private state: CoreState | undefined;
  private isTakingPart = false;
  private toldVoters: unknown;
  private feedCore: (event: BareEvent) => void = () => undefined;
  private told: { readonly orders: Orders | null } | undefined;

  constructor(node: Node) {
    this.node = node;
  }

  /**
   * Waits for a guardian that a daemon of this node left behind to end what it does in that one's name. To be called
   * before the state is read; from then on the guardian writes nothing any more.
   */
  async meet(): Promise<void> {
    const socket = await connectToGuardian(this.directory);
    if (socket === undefined) return;
    if (await this.introduce(socket)) {
      this.node.log.notice('this repmgrd takes over from the one that its guardian stood in for');
      return;
    }
    socket.destroy();
  }

  /** Where the core is told what the guardian says. */
  attach(feed: (event: BareEvent) => void): void {
    this.feedCore = feed;
  }

  /** Settings have changed, or logs are to be opened anew. */
  async refresh(): Promise<void> {
    if (this.socket !== undefined) await this.tellAbout();
  }

  /** From now on there is a guardian, this one or the next; without any, this node does its work unguarded. */
  async start(): Promise<void> {
    this.isTakingPart = true;
    try {
      const { adapters, ending } = this.node;
      if (this.socket === undefined)
        await this.introduce(await startGuardian(this.directory, adapters.clock, ending));
      this.feedCore({ type: 'guardian', isPresent: this.socket !== undefined });
    } catch (error) {
      this.node.log.error(`${messageOf(error)}; a frozen repmgrd would leave this node unguarded`, {
        hint: (error as { hint?: string }).hint,
        atMostEvery: { id: 'no-guardian', intervalMs: 60_000 },
      });
      this.startLater();
    }
  }

  /** Told after every step of the core; passes on what matters. */
  feed(state: CoreState): void {
    const before = this.state;
    this.state = state;
    const isSame =
      before?.reign === state.reign &&
      before.role === state.role &&
      before.server === state.server &&
      before.durable.configuration === state.durable.configuration;
    if (!isSame) this.tell(false);
  }

  /** Resolves when the guardian knows of the lease under which the server is about to open. */
  async confirm(): Promise<void> {
    if (this.socket === undefined || this.state === undefined) return;
    this.confirmed += 1;
    const confirm = this.confirmed;
    const heard = new Promise<'heard'>((resolve) => {
      this.confirmations.set(confirm, () => resolve('heard'));
    });
    this.tell(true, confirm);
    const { clock } = this.node.adapters;
    const outcome = await Promise.race([heard, clock.sleep(confirmLimitMs, this.node.ending)]);
    this.confirmations.delete(confirm);
    if (outcome !== 'heard') this.node.log.warning('the guardian of this node does not answer');
  }

  /** The operator ends the daemon: its guardian goes with it. */
  end(): void {
    this.isTakingPart = false;
    this.socket?.end(encodeMessage({ kind: 'end' }));
  }

  private get directory(): string {
    return effectiveStateDirectory(this.node.settings.settings);
  }

  private async introduce(socket: Socket): Promise<boolean> {
    socket.setEncoding('utf8');
    socket.on(
      'data',
      createMessageReader((message) => this.onMessage(message as ToDaemon)),
    );
    socket.on('error', () => undefined); // "close" follows
    socket.on('close', () => this.onClosed(socket));
    const welcome = new Promise<boolean>((resolve) => {
      this.onWelcome = resolve;
    });
    this.socket = socket;
    await this.tellAbout();
    const { clock, processes } = this.node.adapters;
    const outcome = await Promise.race([welcome, clock.sleep(welcomeLimitMs, this.node.ending)]);
    if (outcome === undefined) {
      this.node.log.warning('the guardian of this node does not answer and is ended');
      await killGuardian(this.directory, processes);
    }
    if (outcome !== true) this.socket = undefined;
    this.told = undefined;
    return outcome === true;
  }

  private onMessage(message: ToDaemon): void {
    switch (message.kind) {
      case 'welcome':
        this.onWelcome?.(true);
        return;
      case 'taken':
        this.onWelcome?.(false);
        return;
      case 'guarded':
        this.feedCore({ type: 'guarded', term: message.term, fenceAtMs: message.fenceAtMs });
        return;
      case 'heard':
        this.confirmations.get(message.confirm)?.();
        return;
      default:
        message satisfies never;
    }
  }

  private onClosed(socket: Socket): void {
    this.onWelcome?.(false);
    if (this.socket !== socket) return;
    this.socket = undefined;
    if (!this.isTakingPart) return;
    this.feedCore({ type: 'guardian', isPresent: false });
    this.node.log.warning('the guardian of this node has ended; starting another');
    this.startLater();
  }

  private startLater(): void {
    if (!this.isTakingPart || this.node.ending.aborted) return;
    setTimeout(() => {
      if (this.isTakingPart && !this.node.ending.aborted) void this.start().then(() => this.tell(false));
    }, againMs).unref();
  }

  private async tellAbout(): Promise<void> {
    const { adapters, settings } = this.node;
    const own = await adapters.processes.find(process.pid);
    const voters = this.state?.durable.configuration?.voters ?? [];
    this.toldVoters = voters;
    this.send({
      kind: 'about',
      pid: process.pid,
      startTicks: own?.startTicks ?? '',
      settings: settings.settings,
      standbys: voters.map(({ nodeName, nodeId }) => [nodeName, nodeId]),
    });
  }

  private tell(isUrgent: boolean, confirm?: number): void {
    const { state, told } = this;
    if (state === undefined || this.socket === undefined) return;
    const nowMs = this.node.adapters.clock.monotonicMs();
    const orders = ordersFor(state, nowMs);
    if (orders === undefined) return;
    const voters = state.durable.configuration?.voters ?? [];
    if (orders !== null && voters !== this.toldVoters) void this.tellAbout();
    if (!isUrgent && told !== undefined && isNoNews(told, orders, nowMs)) return;
    this.told = { orders };
    this.send({ kind: 'orders', orders, ...(confirm === undefined ? {} : { confirm }) });
  }

  private send(message: ToGuardian): void {
    this.socket?.write(encodeMessage(message));
  }
}

function isNoNews(
  { orders: former }: { readonly orders: Orders | null },
  orders: Orders | null,
  nowMs: number,
): boolean {
  if (former === null || orders === null) return former === orders;
  const isSameLease =
    former.term === orders.term &&
    former.isSuspended === orders.isSuspended &&
    former.leaseMs === orders.leaseMs &&
    former.voters.length === orders.voters.length &&
    former.walVoters.length === orders.walVoters.length &&
    former.fenceAtMs <= orders.fenceAtMs;
  // A round later it might already look after the lease of a daemon that is well.
  return isSameLease && nowMs < former.fenceAtMs - reserveMs(orders) - 2 * orders.heartbeatIntervalMs;
}
