import {
  readSynchronousStandbys,
  type SynchronousStandbys,
} from '../decisions/outlook/synchronous-standbys.ts';
import { RepmgrError } from '../domain/errors/repmgr-error.ts';
import type { NodeId, RecoveryState } from '../domain/node.ts';
import type { Connection } from '../ports/connection.ts';
import type { EventSpan, TimedEvent } from '../ports/metadata-store.ts';
import type { Member } from './find-members.ts';
import type { OperationContext } from './operation-context.ts';

type LookContext = Pick<OperationContext, 'adapters' | 'signal'>;

export interface LookedAtServer {
  readonly nodeId: NodeId;
  /** Null when it let nobody in in time. */
  readonly recoveryState: RecoveryState | null;
  readonly synchronous: SynchronousStandbys | null;
  /** Null where they were not asked for or could not be read. */
  readonly events: readonly TimedEvent[] | null;
}

/** Limit over everything that is asked of all servers. */
const deadlineMs = 3_000;

/** Asks all PostgreSQL servers at the same time, as far as they answer within the deadline. */
export function lookAtServers(
  context: LookContext,
  members: readonly Member[],
  events: EventSpan | null,
): Promise<readonly LookedAtServer[]> {
  const signal = AbortSignal.any([context.signal, AbortSignal.timeout(deadlineMs)]);
  return Promise.all(members.map((member) => look({ ...context, signal }, member, events)));
}

async function look(
  { adapters, signal }: LookContext,
  { nodeId, conninfo }: Member,
  span: EventSpan | null,
): Promise<LookedAtServer> {
  let connection: Connection | undefined;
  try {
    const open = await adapters.connections.connect(conninfo, {
      signal,
      timeoutMs: deadlineMs,
      keepsSynchronousCommit: true,
    });
    connection = open;
    const ended = (): void => open.destroy();
    signal.addEventListener('abort', ended, { once: true });
    const recoveryState = await adapters.inspector.recoveryState(open);
    const names = ['synchronous_standby_names', 'synchronous_commit'];
    const settings = recoveryState === 'primary' ? await adapters.inspector.settings(open, names) : null;
    const events = span === null ? null : await readEvents(adapters, open, span);
    signal.removeEventListener('abort', ended);
    return { nodeId, recoveryState, synchronous: settings === null ? null : readSettings(settings), events };
  } catch (error) {
    // Silence is an answer: whoever reads it sees that nothing came.
    if (error instanceof RepmgrError) return { nodeId, recoveryState: null, synchronous: null, events: null };
    throw error;
  } finally {
    await connection?.close();
  }
}

function readSettings(settings: ReadonlyMap<string, string | null>): SynchronousStandbys {
  return readSynchronousStandbys(
    settings.get('synchronous_standby_names') ?? '',
    settings.get('synchronous_commit') ?? 'on',
  );
}

/** A server whose metadata cannot be read has told its state all the same. */
async function readEvents(
  { metadata }: LookContext['adapters'],
  connection: Connection,
  span: EventSpan,
): Promise<readonly TimedEvent[] | null> {
  try {
    return await metadata.eventsWithin(connection, span);
  } catch (error) {
    if (error instanceof RepmgrError) return null;
    throw error;
  }
}
