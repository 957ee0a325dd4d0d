import type { ConnectionFailed } from '../../domain/errors/repmgr-error.ts';
import type { ResolvedConninfo, ResolvedHost, TargetSessionAttrs } from '../conninfo/resolve-conninfo.ts';
import { refuseUnsupported } from './authentication-guard.ts';
import { cancelled } from './cancelled.ts';
import { connectToHost, type PlacedSession } from './connect-to-host.ts';
import { allFailed } from './connection-failure.ts';

/** What a server gets when the conninfo has no connect_timeout. */
export const defaultHostTimeoutMs = 2_000;

/** connect_timeout=0 means "no limit" to libpq; nothing here waits for ever. */
const unlimitedMs = 60_000;

export interface ConnectRequest {
  readonly resolved: ResolvedConninfo;
  readonly homeDirectory: string;
  /** Limit over all servers. */
  readonly timeoutMs?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a session with the first of the servers that is reachable and of the wanted kind.
 * @throws ConnectionFailed, ConfigurationError or Cancelled
 */
export async function connect(request: ConnectRequest): Promise<PlacedSession> {
  const { resolved, homeDirectory, signal } = request;
  refuseUnsupported(resolved.parameters);
  const deadline = performance.now() + (request.timeoutMs ?? Number.POSITIVE_INFINITY);
  const failures: ConnectionFailed[] = [];
  const attempts = attemptsOf(resolved);
  for (const [index, { host, wanted }] of attempts.entries()) {
    const timeoutMs = hostTimeoutMs(resolved, {
      remainingMs: deadline - performance.now(),
      hostsLeft: attempts.length - index,
    });
    if (timeoutMs <= 0) break;
    const attempt = { resolved, host, wanted, homeDirectory };
    const outcome = await connectToHost(attempt, { timeoutMs, signal }).catch((error: unknown) => {
      throw signal?.aborted === true ? cancelled(signal) : error;
    });
    if ('session' in outcome) return outcome.session;
    failures.push(outcome.failure);
    if (!outcome.mayTryNextHost) break;
  }
  throw allFailed(failures);
}

interface Attempt {
  readonly host: ResolvedHost;
  readonly wanted: TargetSessionAttrs;
}

function attemptsOf({ hosts, targetSessionAttrs, loadBalanceHosts }: ResolvedConninfo): Attempt[] {
  const ordered = loadBalanceHosts === 'random' ? shuffled(hosts) : hosts;
  const passes: TargetSessionAttrs[] =
    targetSessionAttrs === 'prefer-standby' ? ['standby', 'any'] : [targetSessionAttrs];
  return passes.flatMap((wanted) => ordered.map((host) => ({ host, wanted })));
}

function shuffled<Item>(items: readonly Item[]): Item[] {
  return items
    .map((item) => ({ item, order: Math.random() }))
    .sort((left, right) => left.order - right.order)
    .map(({ item }) => item);
}

/** Without an own limit a server gets its share of what remains, so that a silent one leaves time for others. */
function hostTimeoutMs(
  { connectTimeoutMs }: ResolvedConninfo,
  { remainingMs, hostsLeft }: { remainingMs: number; hostsLeft: number },
): number {
  const own = connectTimeoutMs === 0 ? unlimitedMs : connectTimeoutMs;
  if (remainingMs === Number.POSITIVE_INFINITY) return own ?? defaultHostTimeoutMs;
  return Math.min(own ?? remainingMs / hostsLeft, remainingMs);
}
