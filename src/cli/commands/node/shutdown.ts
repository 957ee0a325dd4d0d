import { judgeShutdown, type ShutdownVerdict } from '../../../decisions/shutdown/judge-shutdown.ts';
import type { ExitName } from '../../../domain/errors/exit-codes.ts';
import { OperationFailed } from '../../../domain/errors/repmgr-error.ts';
import { describeNode } from '../../../domain/node.ts';
import { requestShutdown } from '../../../operations/request-shutdown.ts';
import { type PlanStep, runPlan } from '../../../operations/run-plan.ts';
import { type HeirOutcome, waitForHeir } from '../../../operations/wait-for-heir.ts';
import type { LocalServer } from '../../../ports/local-server.ts';
import type { CommandContext, CommandRun } from '../../command.ts';
import { describeLocalNode } from '../../describe-local-node.ts';
import { gatherShutdownFacts, type ShutdownWorld } from './gather-shutdown-facts.ts';

const defaultWaitSecs = 60;
/** What the daemon grants a stop beyond the time that the stop itself has. */
const announcementReserveMs = 5_000;

interface Shutdown extends ShutdownWorld {
  readonly localServer: LocalServer;
  readonly verdict: ShutdownVerdict;
  readonly startedMs: number;
}

interface Result {
  stoppedAfterMs: number | null;
  heir: HeirOutcome | null;
}

/** `repmgr node shutdown`: stops PostgreSQL of this node for good; a primary hands over. */
export const run: CommandRun = async (context) => {
  const { adapters, settings, log, out, options } = context;
  const localServer = adapters.localServer(settings.settings);
  const world = await gatherShutdownFacts(context, localServer);
  try {
    const verdict = judgeShutdown(world.facts);
    if (verdict.kind === 'not running') {
      log.notice(`PostgreSQL of ${describeLocalNode(context)} does not run`);
      if (options.json) out.json({ stopped: false, dryRun: options['dry-run'] });
      return 'SUCCESS';
    }
    requireHeir(context, verdict);
    const startedMs = adapters.clock.monotonicMs();
    return await shutDown(context, { ...world, localServer, verdict, startedMs });
  } finally {
    await world.network?.close();
  }
};

/** @throws OperationFailed (SWITCHOVER_FAIL) when nobody would take over, unless that is wanted. */
function requireHeir(context: CommandContext, verdict: ShutdownVerdict): void {
  if (verdict.kind !== 'hand over' || verdict.obstacles.length === 0) return;
  const detail = verdict.obstacles.join('; ');
  if (context.options.force) {
    context.log.warning('nobody may take over, and the cluster may be without a primary', { detail });
    return;
  }
  throw new OperationFailed(`${describeLocalNode(context)} is the primary, and nobody would take over`, {
    exit: 'SWITCHOVER_FAIL',
    detail,
    hint: 'see "repmgr service status"; -F/--force shuts PostgreSQL down all the same',
  });
}

async function shutDown(context: CommandContext, shutdown: Shutdown): Promise<ExitName> {
  const { options, out } = context;
  const result: Result = { stoppedAfterMs: null, heir: null };
  await runPlan(context, stepsOf(context, shutdown, result), { dryRun: options['dry-run'] });
  const exit = options['dry-run'] ? 'SUCCESS' : tell(context, shutdown, result);
  if (options.json) {
    const { stoppedAfterMs, heir } = result;
    out.json({
      stopped: stoppedAfterMs !== null && heir?.kind !== 'taken back',
      stoppedAfterMs,
      newPrimaryNodeId: heir?.kind === 'writable' ? heir.heir.nodeId : null,
      elapsedMs: elapsedMs(context, shutdown),
      dryRun: options['dry-run'],
    });
  }
  return exit;
}

function stepsOf(context: CommandContext, shutdown: Shutdown, result: Result): readonly PlanStep[] {
  const { verdict, localServer, daemon } = shutdown;
  const steps: PlanStep[] = [];
  const isPrimary = verdict.kind === 'hand over';
  if (isPrimary && daemon?.role === 'primary') {
    steps.push({
      title: 'tell repmgrd of this node that PostgreSQL is being shut down and stays down',
      action: () => announce(context, shutdown),
    });
  }
  steps.push({
    title: `stop PostgreSQL: ${localServer.describe('stop')}`,
    async action() {
      await stop(context, localServer);
      result.stoppedAfterMs = elapsedMs(context, shutdown);
    },
  });
  if (isPrimary && verdict.obstacles.length === 0) {
    const names = verdict.heirs.map(describeNode).join(' or ');
    steps.push({
      title: `wait until ${names} is writable`,
      async action() {
        result.heir = await awaitHeir(context, shutdown);
      },
    });
  }
  return steps;
}

async function announce(context: CommandContext, { network }: Shutdown): Promise<void> {
  const { options, settings } = context;
  if (network === undefined) return;
  const timeoutMs = settings.settings.shutdown_check_timeout * 1_000 + announcementReserveMs;
  const reply = await requestShutdown(context, network, { isForced: options.force, timeoutMs });
  if (reply.ok) return;
  if (options.force) {
    context.log.warning('repmgrd of this node does not agree', { detail: reply.reason });
    return;
  }
  throw new OperationFailed('repmgrd of this node refuses to hand over', {
    exit: 'SWITCHOVER_FAIL',
    detail: reply.reason,
    hint: 'nothing was changed; see "repmgr service status"',
  });
}

async function stop({ settings, signal }: CommandContext, localServer: LocalServer): Promise<void> {
  const timeoutMs = settings.settings.shutdown_check_timeout * 1_000;
  await localServer.stop({ mode: 'fast', wait: true, timeoutMs, signal });
}

async function awaitHeir(context: CommandContext, shutdown: Shutdown): Promise<HeirOutcome | null> {
  const { network, addresses, daemon, localServer } = shutdown;
  if (network === undefined || daemon === undefined) return null;
  const { wait } = context.options;
  const timeoutMs = (typeof wait === 'number' ? wait : defaultWaitSecs) * 1_000;
  const runsAgain = async (): Promise<boolean> => (await localServer.processState()).kind === 'running';
  return waitForHeir(context, { network, addresses, term: daemon.term, timeoutMs, runsAgain });
}

function elapsedMs({ adapters }: CommandContext, { startedMs }: Pick<Shutdown, 'startedMs'>): number {
  return Math.round(adapters.clock.monotonicMs() - startedMs);
}

function tell(context: CommandContext, shutdown: Shutdown, { stoppedAfterMs, heir }: Result): ExitName {
  const { log } = context;
  const node = describeLocalNode(context);
  const elapsed = elapsedMs(context, shutdown);
  if (heir?.kind === 'taken back') {
    log.error(`${node} goes on as primary: nobody could take over without loss`, {
      detail: heir.explanation,
      hint: 'see "repmgr cluster show" for what the standbys lack; -F/--force gives it up',
    });
    return 'SWITCHOVER_FAIL';
  }
  log.notice(`PostgreSQL of ${node} is down after ${stoppedAfterMs} ms, and stays down until it is started`);
  if (heir?.kind === 'writable') {
    log.notice(`${describeNode(heir.heir)} is the primary, and was writable after ${elapsed} ms`);
  }
  if (heir?.kind !== 'nobody') return 'SUCCESS';
  log.error(`no other node has become the primary within ${elapsed} ms`, {
    detail: heir.explanation,
    hint: 'see "repmgr service status"; started again, this node stands for election too',
  });
  return 'SWITCHOVER_INCOMPLETE';
}
