import type { OpeningVerdict } from '../../domain/peer-messages.ts';
import { isSuspended } from '../../domain/voting-configuration.ts';
import { holdsLease } from './lease.ts';
import type { CoreState } from './state.ts';

/**
 * Whether PostgreSQL of this node may be started out of recovery at this moment (failover.md §8): under a lease,
 * when this daemon itself starts it, or when a pause leaves starting and stopping to the operator. A lease alone
 * is not enough: while a crash is assessed, another may be about to take over.
 */
export function mayOpen(state: CoreState, nowMs: number): OpeningVerdict {
  const { reign, role, primary, handover, operation, server } = state;
  if (reign === null || (role !== 'primary' && role !== 'promoting')) {
    const who = primary === null ? 'no primary is known' : `node ${primary.nodeId} is the primary`;
    return { mayOpen: 'no', reason: `this node holds no lease (${role}); ${who}` };
  }
  if (!holdsLease(state, nowMs)) {
    return { mayOpen: 'no', reason: 'no majority acknowledges the lease of this node just now' };
  }
  if (operation?.kind === 'startPrimary') {
    return { mayOpen: 'yes', reason: `its repmgrd starts it under the lease of term ${reign.term}` };
  }
  const { configuration } = state.durable;
  if (configuration !== null && isSuspended(configuration) && role === 'primary' && handover === null) {
    return server.verdict === 'gone'
      ? {
          mayOpen: 'yes',
          reason: `failover is suspended, and this node holds the lease of term ${reign.term}`,
        }
      : { mayOpen: 'undecided', reason: 'its repmgrd has not seen yet that PostgreSQL is down' };
  }
  return { mayOpen: 'undecided', reason: 'PostgreSQL went down, and who goes on is being decided' };
}
