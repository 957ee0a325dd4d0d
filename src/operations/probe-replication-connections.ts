import type { Connection, ConnectionParameters } from '../ports/connection.ts';
import type { OperationContext } from './operation-context.ts';

export interface ReplicationProbe {
  readonly wanted: number;
  readonly opened: number;
  /** Why not all could be opened. */
  readonly error: string | null;
}

/** Opens that many replication connections at the same time and closes them again. */
export async function probeReplicationConnections(
  { adapters, signal }: Pick<OperationContext, 'adapters' | 'signal'>,
  request: {
    readonly parameters: ConnectionParameters;
    readonly user: string | null;
    readonly wanted: number;
  },
): Promise<ReplicationProbe> {
  const { parameters, user, wanted } = request;
  const isOtherUser = user !== null && user !== parameters.get('user');
  const attempts = Array.from({ length: wanted }, () =>
    adapters.connections.connect(parameters, {
      replication: true,
      signal,
      ...(isOtherUser ? { user } : {}),
    }),
  );
  const outcomes = await Promise.allSettled(attempts);
  const opened = outcomes.filter((outcome) => outcome.status === 'fulfilled').map(({ value }) => value);
  await Promise.all(opened.map((connection: Connection) => connection.close()));
  const failure = outcomes.find((outcome) => outcome.status === 'rejected');
  const error = failure === undefined ? null : messageOf(failure.reason);
  return { wanted, opened: opened.length, error };
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
