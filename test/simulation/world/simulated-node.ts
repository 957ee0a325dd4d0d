import type {
  CoreEffect,
  CoreEvent,
  OperationResult,
  PeerRequest,
} from '../../../src/decisions/failover/events-and-effects.ts';
import {
  type CoreParameters,
  type CoreState,
  type DurableState,
  initialState,
} from '../../../src/decisions/failover/state.ts';
import { step } from '../../../src/decisions/failover/step.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import { fenceMs, promoteMs, watchIntervalMs } from './durations.ts';
import { SimulatedGuardian } from './simulated-guardian.ts';
import { promote, rejoin, startPrimary } from './simulated-operations.ts';
import { probePrimary, probeServer, validate, writeWalRound } from './simulated-probes.ts';
import { type SimulatedServer, silentServer } from './simulated-server.ts';
import { SimulatedWalRoad } from './simulated-wal-road.ts';
import type { World } from './world.ts';

type Distribute<T> = T extends unknown ? Omit<T, 'nowMs' | 'random'> : never;
/** Points between two effects at which a host may die. */
export type Boundary = 'stored' | 'replied' | 'promoting' | 'promoted';

export type BareEvent = Distribute<CoreEvent>;

/** A daemon (the real core and a model of its shell) with its server, on a host with a clock of its own. */
export class SimulatedNode {
  readonly nodeId: NodeId;
  readonly server: SimulatedServer;
  durable: DurableState;
  state: CoreState | null = null;
  /** Rises with each start of the daemon: what an earlier life scheduled is void. */
  life = 0;
  isPaused = false;
  /** The daemon alone stands still; its server goes on. */
  isStalled = false;
  /** Where the host dies next, set by a fault. */
  trap: Boundary | null = null;
  /** After a pause of the whole host nothing can stop the server before the daemon has run (I1's exception). */
  exemptUntilMs = 0;
  readonly walRoad: SimulatedWalRoad;
  readonly guardian: SimulatedGuardian;
  private seenLsn: bigint | null = null;
  private isLookingInVain = false;
  /** When WAL was last seen to have moved, by this host's clock. */
  private movedAtMs: number | null = null;
  private operation = 0;
  /** Number of the latest fence of this life. */
  private fenceId = 0;
  private queue: CoreEffect[] = [];
  private isPersisting = false;
  private readonly deferred: (() => void)[] = [];
  private readonly afterPauses: (() => void)[] = [];
  private readonly world: World;
  parameters: CoreParameters;
  readonly clockRate: number;

  constructor(
    world: World,
    parameters: CoreParameters,
    server: SimulatedServer,
    durable: DurableState,
    clockRate: number,
  ) {
    this.world = world;
    this.parameters = parameters;
    this.nodeId = parameters.nodeId;
    this.server = server;
    this.durable = durable;
    this.clockRate = clockRate;
    this.walRoad = new SimulatedWalRoad(world);
    this.guardian = new SimulatedGuardian(world, this);
  }

  /** Its daemon votes; it has no server that belongs to the cluster. */
  get isWitness(): boolean {
    return this.parameters.isWitness === true;
  }

  get localMs(): number {
    return this.world.clock.nowMs * this.clockRate + 1_000_000;
  }

  start(): void {
    if (this.state !== null) return;
    if (this.guardian.isActing) {
      this.later(5, () => this.start());
      return;
    }
    this.life += 1;
    this.fenceId = 0;
    this.seenLsn = null;
    this.isLookingInVain = false;
    this.movedAtMs = null;
    this.queue = [];
    this.isPersisting = false;
    this.state = initialState(this.parameters, this.durable);
    this.durable = { ...this.state.durable };
    const { life } = this;
    this.later(this.world.random.between(5, 60), () => {
      this.feed({ type: 'listening', reachesItself: true });
    });
    this.feed({ type: 'guardian', isPresent: true });
    this.observeRegularly(life);
    this.readRegistrations(life);
  }

  crashDaemon(): void {
    this.state = null;
    this.life += 1;
    this.operation += 1;
    this.guardian.onDaemonDead();
  }

  /** Everything on it is gone in the same instant. */
  crashHost(): void {
    this.crashDaemon();
    this.server.stop();
    this.guardian.die();
  }

  /** At the end of the pause that the host is in, before its daemon and whatever waits for it. */
  afterPause(run: () => void): void {
    this.afterPauses.push(run);
  }

  crashServer(): void {
    if (!this.server.isRunning) return;
    this.server.stop();
    this.later(this.world.random.between(1, 8), () => this.observe());
  }

  /** The whole host stands still, its clock goes on (a suspended virtual machine that knows it). */
  pause(durationMs: number): void {
    if (this.isPaused) return;
    this.isPaused = true;
    this.world.clock.after(durationMs, () => {
      this.isPaused = false;
      this.exemptUntilMs = this.world.clock.nowMs + this.parameters.fenceBudgetMs + 50;
      for (const run of this.afterPauses.splice(0)) run();
      if (this.isStalled) return;
      this.feed({ type: 'tick' });
      for (const run of this.deferred.splice(0)) run();
    });
  }

  stall(durationMs: number): void {
    if (this.isPaused || this.isStalled || this.state === null) return;
    this.isStalled = true;
    this.world.clock.after(durationMs, () => {
      this.isStalled = false;
      if (this.isPaused) return;
      this.feed({ type: 'tick' });
      for (const run of this.deferred.splice(0)) run();
    });
  }

  feed(event: BareEvent): void {
    if (this.state === null) return;
    if (this.isPaused || this.isStalled) {
      const { life } = this;
      this.deferred.push(() => {
        if (life === this.life) this.feed(event);
      });
      return;
    }
    const full = { ...event, nowMs: this.localMs, random: this.world.random.next() } as CoreEvent;
    const result = step(this.state, full);
    this.state = result.state;
    this.guardian.onStep(result.state);
    for (const effect of result.effects) this.accept(effect);
    this.drain();
  }

  /** Timers and the fence never wait for a disk; the fence also voids what waits for one before it. */
  private accept(effect: CoreEffect): void {
    if (effect.type === 'reply') this.world.checkers.onAnswer(this, effect.replyTo);
    if (effect.type === 'fence') this.operate(effect);
    else if (effect.type === 'setTimer') this.setTimer(effect.atMs);
    else this.queue.push(effect);
  }

  /** Effects in order; what follows a persist waits for it. */
  private drain(): void {
    while (!this.isPersisting) {
      const effect = this.queue.shift();
      if (effect === undefined) return;
      if (effect.type === 'persist') this.persist(effect.durable);
      else this.perform(effect);
    }
  }

  private persist(durable: DurableState): void {
    this.isPersisting = true;
    this.later(this.diskMs(), () => {
      this.world.checkers.onPersist(this, durable);
      this.durable = durable;
      this.isPersisting = false;
      if (this.hitBoundary('stored')) return;
      this.drain();
    });
  }

  diskMs(): number {
    const { random, conditions } = this.world;
    return random.chance(conditions.slowDiskProbability)
      ? random.between(10, conditions.slowDiskMs)
      : random.between(0.5, 6);
  }

  /** The host dies here when a fault has set this trap. */
  private hitBoundary(boundary: Boundary): boolean {
    if (this.trap !== boundary) return false;
    this.trap = null;
    this.world.onTrapped(this, boundary);
    return true;
  }

  private perform(effect: CoreEffect): void {
    switch (effect.type) {
      case 'persist':
        return;
      case 'reply':
        this.world.reply(this, effect.replyTo, effect.body);
        this.hitBoundary('replied');
        return;
      case 'send':
        this.world.send(this, effect);
        return;
      case 'setTimer':
        return;
      case 'markStandby':
        if (!this.server.isRunning) this.server.hasStandbySignal = true;
        return;
      case 'probePrimary':
        probePrimary(this.world, this, effect);
        return;
      case 'validateCandidacy':
        validate(this.world, this, effect.scope);
        return;
      case 'writeWalRound':
        writeWalRound(this.world, this, effect);
        return;
      case 'probeServer':
        probeServer(this, effect, this.localMs + effect.timeoutMs);
        return;
      case 'afterOpening':
      case 'notify':
        return;
      case 'explain':
        this.world.trace(this, `${effect.explanation.rule} ${effect.explanation.text}`);
        return;
      default:
        this.operate(effect);
    }
  }

  private setTimer(atLocalMs: number): void {
    const atMs = (atLocalMs - 1_000_000) / this.clockRate;
    const { life } = this;
    this.world.clock.at(atMs + this.world.random.between(0, 4), () => {
      // Only the latest timer counts, as in the shell.
      if (life === this.life && this.state?.timerDueMs === atLocalMs) this.feed({ type: 'tick' });
    });
  }

  private operate(effect: CoreEffect & { id: number }): void {
    const { random } = this.world;
    // Issued before a fence and delayed by the disk: void.
    if (effect.id < this.fenceId) return;
    if (effect.type === 'fence') this.fenceId = effect.id;
    this.operation += 1;
    const { operation, localMs: begunAtMs } = this;
    const finish = (delayMs: number, run: () => OperationResult | null) => {
      const complete = (): void => {
        if (operation !== this.operation) return;
        if (this.isPaused) {
          this.afterPause(() => this.later(0, complete));
          return;
        }
        const result = run();
        if (result !== null) this.feed({ type: 'operationFinished', id: effect.id, result });
      };
      this.later(this.world.conditions.operationMs ?? delayMs, complete);
    };
    switch (effect.type) {
      case 'fence':
        finish(fenceMs(this.world, this), () => {
          this.server.stop();
          return { kind: 'fence', isVerified: true, walEnd: this.server.walEnd };
        });
        return;
      case 'promote':
        if (this.hitBoundary('promoting') || random.chance(this.world.conditions.promoteHang)) return;
        finish(promoteMs(this.world, this), () => {
          const result = promote(this.world, this, { ...effect, begunAtMs });
          return this.hitBoundary('promoted') ? null : result;
        });
        return;
      case 'startPrimary':
        if (this.hitBoundary('promoting')) return;
        finish(random.between(80, 600), () => {
          const result = startPrimary(this.world, this);
          return this.hitBoundary('promoted') ? null : result;
        });
        return;
      case 'startStandby':
        finish(random.between(80, 600), () => {
          if (random.chance(0.1)) return { kind: 'startStandby', ok: false, reason: 'simulated failure' };
          this.server.hasStandbySignal = true;
          if (!this.server.isRunning) this.server.start();
          return { kind: 'startStandby', ok: true, reason: null };
        });
        return;
      case 'assessCrash':
        finish(random.between(5, 60), () => {
          this.server.stop();
          return {
            kind: 'assessCrash',
            assessment: {
              walEnd: this.server.walEnd,
              redoBytes: BigInt(Math.floor(random.between(0, 4e7))),
              wasShutDown: this.server.wasShutDown,
            },
            reason: null,
          };
        });
        return;
      case 'follow':
        finish(random.between(3, 80), () => {
          this.server.upstream = effect.primary.nodeId;
          this.server.isReceiverHeld = false;
          return { kind: 'follow', ok: this.server.answers, reason: null };
        });
        return;
      case 'rejoin':
        finish(random.between(100, 2_500), () => rejoin(this.world, this, effect.primary.nodeId));
        return;
      case 'stopReceiver':
        finish(random.between(2, 60), () => {
          this.server.isReceiverHeld = true;
          this.server.isStreaming = false;
          this.noteReceived();
          return {
            kind: 'stopReceiver',
            walEnd: this.server.answers ? this.server.walEnd : null,
            walMovedAtMs: this.movedAtMs,
            reason: null,
          };
        });
        return;
      case 'restoreReceiver':
        finish(random.between(2, 30), () => {
          this.server.isReceiverHeld = false;
          return { kind: 'restoreReceiver', ok: true, reason: null };
        });
        return;
      default:
    }
  }

  private observeRegularly(life: number): void {
    if (life !== this.life) return;
    this.observe();
    const pauseMs = this.world.conditions.observationMs ?? watchIntervalMs(this);
    this.world.clock.after(this.world.random.between(pauseMs / 2, pauseMs * 1.5), () =>
      this.observeRegularly(life),
    );
  }

  private readRegistrations(life: number): void {
    this.world.clock.after(this.world.random.between(200, 1_000), () => {
      if (life !== this.life) return;
      if (this.server.answers) this.feed({ type: 'registered', voters: this.world.registered });
      this.readRegistrations(life);
    });
  }

  private noteReceived(): void {
    const { receivedLsn, answers } = this.server;
    if (!answers || receivedLsn === null || receivedLsn === this.seenLsn) return;
    this.seenLsn = receivedLsn;
    this.movedAtMs = this.localMs;
  }

  /** For what is asked of others, and what makes this node ask, the daemon takes a fresh look first. */
  receive(from: NodeId, replyTo: string, request: PeerRequest): void {
    if (request.message === 'status' || request.message === 'released') this.observe();
    this.feed({ type: 'request', from, replyTo, request });
  }

  private observe(): void {
    const { server } = this;
    if (server.isRunning && !server.answers) {
      this.lookInVain();
      return;
    }
    this.noteReceived();
    this.feed({
      type: 'observed',
      server: {
        ...server.sighting(),
        ...(this.isWitness ? { walEnd: null } : {}),
        isWalStuck: server.isWritable && server.hang === 'writes' && this.world.hasTraffic,
      },
      walMovedAtMs: this.movedAtMs,
    });
  }

  private lookInVain(): void {
    if (this.isLookingInVain) return;
    this.isLookingInVain = true;
    this.later(500, () => {
      if (this.server.answers) return;
      this.feed({ type: 'lookUnanswered' });
    });
    this.later(2_000, () => {
      this.isLookingInVain = false;
      if (this.server.answers || !this.server.isRunning) this.observe();
      else this.feed({ type: 'observed', server: silentServer, walMovedAtMs: this.movedAtMs });
    });
  }

  later(delayMs: number, run: () => void): void {
    const { life } = this;
    this.world.clock.after(delayMs, () => {
      if (life === this.life) run();
    });
  }
}
