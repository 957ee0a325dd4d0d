import type { Server, Socket } from 'node:net';
import type { Settings } from '../../config/settings.ts';
import { type GuardFacts, type GuardVerdict, guard, guardedUntilMs } from '../../decisions/guardian/guard.ts';
import type { Orders } from '../../decisions/guardian/orders.ts';
import { isProcessDead } from '../../operations/daemon-process.ts';
import { takeLeave } from '../../operations/take-leave.ts';
import { WalRounds } from '../../operations/wal-rounds.ts';
import type { Adapters } from '../../ports/adapters.ts';
import type { DaemonLog } from '../../ports/logger.ts';
import { messageOf } from '../node.ts';
import { climbFenceLadder } from '../server/close-server.ts';
import { type About, createMessageReader, encodeMessage, type ToGuardian } from './guardian-messages.ts';
import { listenForDaemon } from './guardian-socket.ts';

/** How often the processes of a server without a daemon are looked at. */
const closeLookMs = 40;
const leaveLimitMs = 1_500;
/** A guardian that no daemon speaks to after its start is nobody's. */
const firstWordMs = 10_000;

export interface GuardianOptions {
  readonly stateDirectory: string;
  readonly adapters: Adapters;
  readonly openLog: (settings: Settings) => DaemonLog;
}

/**
 * The second process beside a daemon (failover.md §4): it rests while the daemon speaks, holds the lease or fences when
 * that can't, and says in its name that all is over when daemon and server are dead.
 */
export class Guardian {
  private readonly options: GuardianOptions;
  private server: Server | undefined;
  private socket: Socket | undefined;
  private about: About | undefined;
  private log: DaemonLog | undefined;
  private rounds: WalRounds | undefined;
  private orders: Orders | null = null;
  private orderedAtMs = 0;
  private walAcknowledgedAtMs: Record<number, number> = {};
  private nextRoundAtMs = Number.NEGATIVE_INFINITY;
  private timer: NodeJS.Timeout | undefined;
  private acting: Promise<void> | undefined;
  private isLooking = false;
  private readonly ending = new AbortController();
  private end: () => void = () => undefined;

  constructor(options: GuardianOptions) {
    this.options = options;
  }

  /** Resolves when nobody needs it any more. */
  async run(): Promise<void> {
    const ended = new Promise<void>((resolve) => {
      this.end = resolve;
    });
    this.server = await listenForDaemon(this.options.stateDirectory, (socket) => this.onConnection(socket));
    this.wakeAfter(firstWordMs);
    await ended;
    clearTimeout(this.timer);
    this.ending.abort();
    this.rounds?.close();
    this.socket?.destroy();
    this.server.close();
    await this.log?.close();
  }

  private onConnection(socket: Socket): void {
    const reader = createMessageReader((message) => void this.onMessage(socket, message as ToGuardian));
    socket.setEncoding('utf8');
    socket.on('data', reader);
    socket.on('error', () => undefined); // "close" follows
    socket.on('close', () => {
      if (this.socket !== socket) return;
      this.socket = undefined;
      this.wakeAfter(0);
    });
  }

  private async onMessage(socket: Socket, message: ToGuardian): Promise<void> {
    switch (message.kind) {
      case 'about':
        await this.onAbout(socket, message);
        return;
      case 'orders':
        if (socket !== this.socket) return;
        this.takeOrders(message.orders);
        if (message.confirm !== undefined)
          socket.write(encodeMessage({ kind: 'heard', confirm: message.confirm }));
        return;
      case 'end':
        if (socket === this.socket) this.end();
        return;
      default:
        message satisfies never;
    }
  }

  /** A daemon that starts is welcome once nothing is done in the name of the dead one any more. */
  private async onAbout(socket: Socket, about: About): Promise<void> {
    if (this.socket !== undefined && this.socket !== socket) {
      socket.end(encodeMessage({ kind: 'taken', pid: this.about?.pid ?? 0 }));
      return;
    }
    this.socket = socket;
    this.about = about;
    const { log_level: level, log_facility: facility, log_file: file } = about.settings;
    // Said again after a reload of the daemon, when its log may have been rotated, too.
    if (this.log === undefined) this.log = this.options.openLog(about.settings);
    else this.log.apply({ level, facility, file });
    await this.acting;
    if (this.socket === socket) socket.write(encodeMessage({ kind: 'welcome', pid: process.pid }));
  }

  private takeOrders(orders: Orders | null): void {
    if (orders?.term !== this.orders?.term) this.walAcknowledgedAtMs = {};
    this.orders = orders;
    this.orderedAtMs = this.nowMs;
    if (this.isLooking || this.acting !== undefined) return;
    const verdict = guard(this.calmFacts());
    if (verdict.kind === 'rest') this.follow(verdict);
    else this.wakeAfter(0);
  }

  private calmFacts(): GuardFacts {
    const { orders, orderedAtMs, walAcknowledgedAtMs, nowMs } = this;
    return { orders, orderedAtMs, walAcknowledgedAtMs, nowMs, daemon: 'speaking', isServerAlive: true };
  }

  private get nowMs(): number {
    return this.options.adapters.clock.monotonicMs();
  }

  /** After timers the sockets are read first: what the daemon has said must not be overlooked on waking late. */
  private wakeAfter(delayMs: number): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => setImmediate(() => void this.look()), Math.max(0, delayMs));
  }

  private async look(): Promise<void> {
    if (this.isLooking || this.acting !== undefined || this.ending.signal.aborted) return;
    this.isLooking = true;
    try {
      this.follow(guard(await this.facts()));
    } catch (error) {
      this.log?.error(`the guardian cannot see what it needs: ${messageOf(error)}`);
      this.wakeAfter(closeLookMs);
    } finally {
      this.isLooking = false;
    }
  }

  /** While the daemon speaks nothing else is looked at. */
  private async facts(): Promise<GuardFacts> {
    const calm = this.calmFacts();
    if (this.socket !== undefined && guard(calm).kind === 'rest') return calm;
    const isDead = await this.isDaemonDead();
    const isServerAlive = await this.isServerAlive();
    const daemon = this.socket !== undefined ? 'speaking' : isDead ? 'dead' : 'lost';
    return { ...this.calmFacts(), daemon, isServerAlive };
  }

  private async isDaemonDead(): Promise<boolean> {
    if (this.socket !== undefined) return false;
    if (this.about === undefined) return true;
    const isDead = await isProcessDead(this.options, this.about);
    // A daemon that has come meanwhile speaks for itself.
    return isDead && this.socket === undefined;
  }

  private async isServerAlive(): Promise<boolean> {
    if (this.about === undefined) return false;
    const server = this.options.adapters.localServer(this.about.settings);
    return (await server.processState()).kind === 'running';
  }

  private follow(verdict: GuardVerdict): void {
    switch (verdict.kind) {
      case 'rest':
        if (Number.isFinite(verdict.untilMs)) this.wakeAfter(this.pauseMs(verdict.untilMs));
        return;
      case 'extend':
        this.writeRound();
        this.wakeAfter(this.pauseMs(verdict.untilMs));
        return;
      case 'fence':
        this.act(() => this.fence(verdict.reason));
        return;
      case 'lastWill':
        this.act(() => this.leaveLastWill());
        return;
      case 'leave':
        this.end();
        return;
      default:
        verdict satisfies never;
    }
  }

  private pauseMs(untilMs: number): number {
    const leftMs = untilMs - this.nowMs;
    return this.socket === undefined ? Math.min(leftMs, closeLookMs) : leftMs;
  }

  private act(run: () => Promise<void>): void {
    this.acting = run()
      .catch((error: unknown) => {
        this.log?.error(`the guardian of this node has failed: ${messageOf(error)}`);
      })
      .finally(() => {
        this.acting = undefined;
        this.wakeAfter(0);
      });
  }

  private writeRound(): void {
    const { orders, about } = this;
    const sentAtMs = this.nowMs;
    if (orders === null || about === undefined || sentAtMs < this.nextRoundAtMs) return;
    this.nextRoundAtMs = sentAtMs + orders.heartbeatIntervalMs;
    this.rounds ??= new WalRounds({
      adapters: this.options.adapters,
      conninfo: () => this.about?.settings.conninfo ?? about.settings.conninfo,
      onTrouble: (error) => this.log?.debug('no WAL round could be written', { detail: messageOf(error) }),
    });
    if (this.socket === undefined) this.tellOnce();
    this.rounds.write({
      sentAtMs,
      timeoutMs: orders.leaseMs,
      standbys: new Map(about.standbys),
      onFlushed: (nodeId) => {
        if (this.orders?.term !== orders.term) return;
        const latest = Math.max(sentAtMs, this.walAcknowledgedAtMs[nodeId] ?? sentAtMs);
        this.walAcknowledgedAtMs = { ...this.walAcknowledgedAtMs, [nodeId]: latest };
        this.tellDaemon(this.orders);
      },
    });
  }

  private tellDaemon(orders: Orders): void {
    const fenceAtMs = guardedUntilMs(this.calmFacts(), orders);
    this.socket?.write(encodeMessage({ kind: 'guarded', term: orders.term, fenceAtMs }));
  }

  private tellOnce(): void {
    this.log?.warning('repmgrd is dead; its guardian holds the lease as long as standbys confirm WAL', {
      hint: 'start repmgrd again',
      atMostEvery: { id: 'guarding', intervalMs: 60_000 },
    });
  }

  private async fence(reason: string): Promise<void> {
    const { about, orders, log } = this;
    const { adapters } = this.options;
    if (about === undefined || orders === null || log === undefined) return;
    const localServer = adapters.localServer(about.settings);
    const place = { adapters, localServer, log, settings: about.settings };
    const isVerified = await climbFenceLadder(place, { limitMs: orders.fenceBudgetMs, reason });
    if (!isVerified) return;
    await localServer.writeStandbySignal();
    // A daemon that is only frozen goes on when it wakes, and will find what has been done.
    if (!(await this.isDaemonDead())) this.orders = null;
  }

  private async leaveLastWill(): Promise<void> {
    const { about, log } = this;
    if (about === undefined) return;
    const leave = await takeLeave(
      { adapters: this.options.adapters, settings: about, signal: this.ending.signal },
      { isDaemonDead: () => this.isDaemonDead(), timeoutMs: leaveLimitMs },
    );
    if (leave.kind === 'alive') return;
    this.orders = null;
    if (leave.kind !== 'ended') return;
    log?.warning(`repmgrd and PostgreSQL are dead: the reign of term ${leave.term} is over`, {
      facts: { told: leave.told.join(', '), silent: leave.silent.join(', ') },
    });
  }
}
