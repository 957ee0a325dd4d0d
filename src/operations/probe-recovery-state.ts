import { RepmgrError } from '../domain/errors/repmgr-error.ts';
import type { NodeRecord, RecoveryState } from '../domain/node.ts';
import type { OperationContext } from './operation-context.ts';
import { withConnection } from './with-connection.ts';

/** Asks a registered node whether it is in recovery; a node that can't be asked is an answer too. */
export async function probeRecoveryState(
  { adapters, signal }: Pick<OperationContext, 'adapters' | 'signal'>,
  node: Pick<NodeRecord, 'conninfo'>,
): Promise<RecoveryState | 'unreachable'> {
  try {
    return await withConnection(
      () => adapters.connections.connect(node.conninfo, { signal }),
      (connection) => adapters.inspector.recoveryState(connection),
    );
  } catch (error) {
    if (!(error instanceof RepmgrError) || signal.aborted) throw error;
    return 'unreachable';
  }
}
