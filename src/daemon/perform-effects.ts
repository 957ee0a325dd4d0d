import type { CoreEffect, OperationResult } from '../decisions/failover/events-and-effects.ts';
import { ConnectionFailed } from '../domain/errors/repmgr-error.ts';
import type { NodeId } from '../domain/node.ts';
import { WalRounds } from '../operations/wal-rounds.ts';
import type { Connection } from '../ports/connection.ts';
import { afterOpening } from './after-opening.ts';
import type { CoreLoop, ServerEffect } from './core-loop.ts';
import { type DecisionJournal, describeReasoning } from './decision-journal.ts';
import { messageOf, type Node } from './node.ts';
import type { EventRecorder } from './record-cluster-events.ts';
import { assessCrash, fenceServer } from './server/close-server.ts';
import { delayPromotion } from './server/delay-promotion.ts';
import { holdReceiver, restoreReceiver } from './server/hold-receiver.ts';
import { followNewPrimary, rejoinPrimary } from './server/join-primary.ts';
import { promoteServer, startAsPrimary, startAsStandby } from './server/open-server.ts';
import { probeServer } from './server/probe-server.ts';
import type { ServerWatch } from './server/watch-server.ts';
import { CandidacyValidator } from './validate-candidacy.ts';

type Operation = Extract<ServerEffect, { id: number }>;

export interface PerformerOptions {
  readonly node: Node;
  readonly loop: () => CoreLoop;
  readonly watch: () => ServerWatch;
  readonly events: EventRecorder;
  readonly journal: Pick<DecisionJournal, 'record'>;
  /** Resolves when whoever guards this node knows of the lease under which its server is about to open. */
  readonly beforeOpening: () => Promise<void>;
  /** This `primary_conninfo`, as this daemon has just written it, leads to that node. */
  readonly onFollowed: (primaryConninfo: string, primary: NodeId) => void;
}

const overtakenLimitMs = 2_000;

/** Carries out what the core wants done to the server and told to people. One operation at a time; a fence ends any. */
export class EffectPerformer {
  private readonly options: PerformerOptions;
  private operation: AbortController | undefined;
  private running: Promise<void> = Promise.resolve();
  private readonly walRounds: WalRounds;
  private readonly validator: CandidacyValidator;

  constructor(options: PerformerOptions) {
    this.options = options;
    const { node } = options;
    this.validator = new CandidacyValidator(node);
    this.walRounds = new WalRounds({
      adapters: node.adapters,
      conninfo: () => node.settings.settings.conninfo,
      onTrouble: (error) => node.log.debug('no WAL round could be written', { detail: messageOf(error) }),
    });
  }

  perform(effect: ServerEffect, stored: Promise<void>): void {
    const { node, events, loop } = this.options;
    switch (effect.type) {
      case 'notify':
        events.record({
          nodeId: node.nodeId,
          event: effect.event,
          successful: effect.successful,
          details: effect.details,
          ...(effect.subject === undefined ? {} : { context: { nodeId: effect.subject } }),
        });
        return;
      case 'explain': {
        const { rule, text, evidence } = effect.explanation;
        node.log.notice(`${text} [${rule}]`, {
          detail: describeReasoning(effect.explanation),
          facts: evidence,
        });
        this.options.journal.record(effect.explanation, loop().state.durable.term);
        return;
      }
      case 'probePrimary':
        void this.probe(effect);
        return;
      case 'probeServer':
        void this.background('probe PostgreSQL', () => this.probeServer(effect));
        return;
      case 'validateCandidacy':
        void this.validator
          .run(effect)
          .then((refusal) => loop().feed({ type: 'candidacyValidated', scope: effect.scope, refusal }));
        return;
      case 'writeWalRound':
        this.writeWalRound(effect);
        return;
      case 'afterOpening':
        void this.background('complete the opening', () =>
          afterOpening(node, {
            effect,
            connection: this.options.watch().current,
            events,
            term: loop().state.durable.term,
          }),
        );
        return;
      default:
        this.operate(effect, stored);
    }
  }

  markStandby(): Promise<void> {
    return this.background('write standby.signal', () => this.options.node.localServer.writeStandbySignal());
  }

  /** Ends what is being done to the server and waits for it to let go. */
  async end(): Promise<void> {
    this.operation?.abort();
    this.walRounds.close();
    await this.running;
  }

  private operate(effect: Operation, stored: Promise<void>): void {
    const overtaken = this.operation === undefined ? undefined : this.running;
    if (effect.type === 'fence') this.operation?.abort();
    const controller = new AbortController();
    this.operation = controller;
    const run = async (): Promise<void> => {
      let result: OperationResult;
      try {
        if (effect.type !== 'fence' && effect.type !== 'assessCrash') await stored;
        // A fence may have come while the disk was slow: nothing that it overtook is begun any more.
        if (effect.type === 'promote' || effect.type === 'startPrimary') await this.options.beforeOpening();
        controller.signal.throwIfAborted();
        result = await this.runOperation(effect, controller.signal);
        if (effect.type === 'fence' && overtaken !== undefined)
          result = await this.fenceAgain(effect, overtaken);
      } catch (error) {
        this.options.node.log.error(`${effect.type} failed: ${messageOf(error)}`, {
          detail: (error as { detail?: string }).detail,
          hint: (error as { hint?: string }).hint,
        });
        if (effect.type === 'promote') this.tellPromoteError(messageOf(error));
        result = failed(effect.type, messageOf(error));
      }
      if (controller === this.operation) this.operation = undefined;
      this.tellWatch(result);
      void this.options.watch().lookAfresh();
      this.options.loop().feed({ type: 'operationFinished', id: effect.id, result });
    };
    this.running = run();
  }

  /** Marked as successful, as repmgr does: scripts know it by its name. */
  private tellPromoteError(reason: string): void {
    const { node, events } = this.options;
    const details = `node "${node.settings.settings.node_name}" (ID: ${node.nodeId}) could not be promoted: ${reason}`;
    events.record({ nodeId: node.nodeId, event: 'repmgrd_promote_error', successful: true, details });
  }

  private runOperation(effect: Operation, signal: AbortSignal): Promise<OperationResult> {
    const { node } = this.options;
    switch (effect.type) {
      case 'fence':
        return fenceServer(node, effect);
      case 'assessCrash':
        return assessCrash(node, effect);
      case 'promote':
        return this.promote(effect, signal);
      case 'startPrimary':
        return startAsPrimary(node, { timeoutMs: effect.timeoutMs, signal });
      case 'startStandby':
        return startAsStandby(node, { timeoutMs: effect.timeoutMs, signal });
      case 'follow':
        return this.follow(effect, signal);
      case 'rejoin':
        return this.rejoin(effect, signal);
      case 'stopReceiver':
        return this.stopReceiver(effect);
      case 'restoreReceiver':
        return restoreReceiver(node, this.connection()).then(() => ({
          kind: 'restoreReceiver',
          ok: true,
          reason: null,
        }));
      default:
        return effect satisfies never;
    }
  }

  private async promote(
    effect: Operation & { type: 'promote' },
    signal: AbortSignal,
  ): Promise<OperationResult> {
    const { node, loop } = this.options;
    const { leaseUntilMs } = effect;
    const untilMs = await delayPromotion(node, loop(), { leaseUntilMs, signal });
    return promoteServer(node, {
      ...effect,
      leaseUntilMs: untilMs,
      connection: this.connection(),
      signal,
    });
  }

  /** What the fence overtook may just have been starting the server: once it has let go, look again. */
  private async fenceAgain(
    effect: Operation & { type: 'fence' },
    overtaken: Promise<void>,
  ): Promise<OperationResult> {
    const { node } = this.options;
    await Promise.race([overtaken, node.adapters.clock.sleep(overtakenLimitMs, node.ending)]);
    return fenceServer(node, effect);
  }

  private async follow(
    { primary }: Operation & { type: 'follow' },
    signal: AbortSignal,
  ): Promise<OperationResult> {
    const result = await followNewPrimary(this.options.node, primary, signal);
    await this.noteFollowed(primary.nodeId);
    return result;
  }

  /** Names and addresses may differ between the metadata and what was written. */
  private async noteFollowed(primary: NodeId): Promise<void> {
    const conninfo = await this.options.node.localServer.autoConfValue('primary_conninfo');
    if (conninfo !== undefined && conninfo !== '') this.options.onFollowed(conninfo, primary);
  }

  private async rejoin(
    effect: Operation & { type: 'rejoin' },
    signal: AbortSignal,
  ): Promise<OperationResult> {
    try {
      const result = await rejoinPrimary(this.options.node, effect.primary, signal);
      await this.noteFollowed(effect.primary.nodeId);
      return result;
    } finally {
      this.options.watch().forget();
    }
  }

  private async stopReceiver(effect: Operation & { type: 'stopReceiver' }): Promise<OperationResult> {
    const watch = this.options.watch();
    await holdReceiver(this.options.node, this.connection(), effect.deadlineMs);
    const walEnd = await watch.readWalEnd();
    return { kind: 'stopReceiver', walEnd, walMovedAtMs: watch.walMovedAtMs, reason: null };
  }

  private writeWalRound({ voters, term, sentAtMs, timeoutMs }: CoreEffect & { type: 'writeWalRound' }): void {
    const standbys = new Map(voters.map(({ nodeName, nodeId }) => [nodeName, nodeId]));
    const onFlushed = (from: NodeId): void =>
      this.options.loop().feed({ type: 'walAcknowledged', from, term, sentAtMs });
    this.walRounds.write({ standbys, sentAtMs, timeoutMs, onFlushed });
  }

  private connection(): Connection {
    const connection = this.options.watch().current;
    if (connection !== undefined) return connection;
    const { node_name: nodeName, conninfo } = this.options.node.settings.settings;
    throw new ConnectionFailed(`node "${nodeName}" has no open connection to its PostgreSQL just now`, {
      facts: { conninfo },
    });
  }

  private tellWatch(result: OperationResult): void {
    const watch = this.options.watch();
    if (result.kind === 'fence' && result.isVerified) watch.knowEndOnDisk(result.walEnd);
    if (result.kind === 'assessCrash' && result.assessment !== null)
      watch.knowEndOnDisk(result.assessment.walEnd);
  }

  /** Does the server of the silent primary answer as one that accepts writes? */
  private async probe(effect: CoreEffect & { type: 'probePrimary' }): Promise<void> {
    const { node, loop } = this.options;
    let connection: Connection | undefined;
    let isWritable = false;
    try {
      connection = await node.adapters.connections.connect(effect.primary.conninfo, {
        timeoutMs: effect.timeoutMs,
      });
      isWritable = (await node.adapters.inspector.recoveryState(connection)) === 'primary';
    } catch (error) {
      node.log.debug(`the server of node ${effect.primary.nodeId} does not answer`, {
        detail: messageOf(error),
      });
    } finally {
      connection?.destroy();
    }
    loop().feed({ type: 'primaryProbed', scope: effect.scope, isWritable });
  }

  private async probeServer({ scope, timeoutMs }: CoreEffect & { type: 'probeServer' }): Promise<void> {
    const { node, loop } = this.options;
    const result = await probeServer(node, timeoutMs);
    node.log.debug(`PostgreSQL asked over a new connection: ${result.outcome}`, { detail: result.detail });
    if (!node.ending.aborted) loop().feed({ type: 'serverProbed', scope, ...result });
  }

  private async background(what: string, run: () => Promise<unknown>): Promise<void> {
    try {
      await run();
    } catch (error) {
      this.options.node.log.error(`unable to ${what}: ${messageOf(error)}`);
    }
  }
}

function failed(type: Operation['type'], reason: string): OperationResult {
  switch (type) {
    case 'fence':
      return { kind: 'fence', isVerified: false, walEnd: null };
    case 'assessCrash':
      return { kind: 'assessCrash', assessment: null, reason };
    case 'promote':
      return { kind: 'promote', promoted: null, reason };
    case 'startPrimary':
      return { kind: 'startPrimary', isWritable: false, reason };
    case 'startStandby':
      return { kind: 'startStandby', ok: false, reason };
    case 'stopReceiver':
      return { kind: 'stopReceiver', walEnd: null, reason };
    case 'follow':
      return { kind: 'follow', ok: false, reason };
    case 'rejoin':
      return { kind: 'rejoin', ok: false, reason };
    case 'restoreReceiver':
      return { kind: 'restoreReceiver', ok: false, reason };
    default:
      return type satisfies never;
  }
}
