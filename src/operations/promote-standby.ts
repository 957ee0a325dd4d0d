import { choosePromotionMethod, type PromotionMethod } from '../decisions/promote/promotion-checks.ts';
import { OperationFailed, QueryFailed } from '../domain/errors/repmgr-error.ts';
import type { Connection } from '../ports/connection.ts';
import type { LocalServer } from '../ports/local-server.ts';
import type { OperationContext } from './operation-context.ts';
import { waitUntil } from './wait-until.ts';

export interface PromoteOptions {
  /** To the standby that is to be promoted. */
  readonly connection: Connection;
  readonly localServer: LocalServer;
  readonly method: PromotionMethod;
}

/** Asks the server which way of promotion is open to it. */
export async function promotionMethod(
  { adapters }: Pick<OperationContext, 'adapters'>,
  options: { readonly connection: Connection; readonly localServer: LocalServer },
): Promise<PromotionMethod> {
  const hasServiceCommand = options.localServer.hasServiceCommand('promote');
  const mayPromote = hasServiceCommand || (await adapters.inspector.mayPromote(options.connection));
  return choosePromotionMethod({ hasServiceCommand, mayPromote });
}

const pollIntervalMs = 10;
const firstNudgeAfterMs = 50;

/**
 * Promotes the local standby and resolves as soon as it is out of recovery, which is looked at every 10 ms.
 * Metadata is not touched.
 * @throws OperationFailed (PROMOTION_FAIL) when it is still in recovery after promote_check_timeout.
 * @throws ConnectionFailed when its state can no longer be told.
 */
export async function promoteStandby(
  context: OperationContext,
  options: PromoteOptions,
): Promise<{ readonly durationMs: number }> {
  const { adapters, settings, signal } = context;
  const timeoutMs = settings.settings.promote_check_timeout * 1_000;
  const startedMs = adapters.clock.monotonicMs();
  await requestPromotion(context, options, timeoutMs);
  const nudge = nudger(context, options, startedMs);
  const wait = { clock: adapters.clock, intervalMs: pollIntervalMs, timeoutMs, signal };
  const promoted = await waitUntil(wait, async () => {
    if ((await adapters.inspector.recoveryState(options.connection)) === 'primary') return true;
    await nudge();
    return undefined;
  });
  if (promoted === undefined) throw stillInRecovery(context);
  return { durationMs: adapters.clock.monotonicMs() - startedMs };
}

async function requestPromotion(
  { adapters }: OperationContext,
  { connection, localServer, method }: PromoteOptions,
  timeoutMs: number,
): Promise<void> {
  try {
    if (method === 'pg_promote') await adapters.inspector.promote(connection);
    else await localServer.promote({ timeoutMs });
  } catch (error) {
    throw new OperationFailed(`the server in "${localServer.dataDirectory}" could not be promoted`, {
      exit: 'PROMOTION_FAIL',
      detail: error instanceof Error ? error.message : String(error),
      hint: 'look into the log of PostgreSQL, then try again',
      cause: error,
    });
  }
}

/**
 * A request that comes at the very moment the stream breaks can get lost until wal_retrieve_retry_interval is
 * over, because the startup process sleeps before it looks at the request again. Asking again wakes it.
 */
function nudger({ adapters }: OperationContext, options: PromoteOptions, startedMs: number) {
  let dueMs = startedMs + firstNudgeAfterMs;
  let pauseMs = firstNudgeAfterMs;
  return async (): Promise<void> => {
    if (options.method !== 'pg_promote' || adapters.clock.monotonicMs() < dueMs) return;
    pauseMs = Math.min(pauseMs * 2, 1_000);
    dueMs = adapters.clock.monotonicMs() + pauseMs;
    try {
      await adapters.inspector.promote(options.connection);
    } catch (error) {
      // object_not_in_prerequisite_state: recovery ended between the look and the request.
      if (error instanceof QueryFailed && error.sqlState === '55000') return;
      throw error;
    }
  };
}

function stillInRecovery({ settings }: OperationContext): OperationFailed {
  const { promote_check_timeout: timeoutSecs, node_name: nodeName } = settings.settings;
  return new OperationFailed(`node "${nodeName}" is still in recovery ${timeoutSecs} s after the promotion`, {
    exit: 'PROMOTION_FAIL',
    hint: 'look into the log of PostgreSQL; much WAL may still have to be replayed (promote_check_timeout)',
  });
}
