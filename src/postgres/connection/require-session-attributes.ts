import type { TargetSessionAttrs } from '../conninfo/resolve-conninfo.ts';
import type { Session } from './open-session.ts';
import { type SessionState, sessionMismatch } from './session-attributes.ts';
import { abortable } from './within-limit.ts';

/** The server works, but it is not of the kind that target_session_attrs asks for. */
class SessionMismatch extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'SessionMismatch';
  }
}

/** @throws SessionMismatch after closing the session. */
export async function requireSessionAttributes(
  session: Session,
  wanted: TargetSessionAttrs,
  signal: AbortSignal,
): Promise<void> {
  if (wanted === 'any' || wanted === 'prefer-standby') return;
  const mismatch = sessionMismatch(wanted, await stateOf(session, signal));
  if (mismatch === undefined) return;
  void session.client.end();
  throw new SessionMismatch(mismatch);
}

async function stateOf({ client, serverParameters }: Session, signal: AbortSignal): Promise<SessionState> {
  const reported = serverParameters.get('in_hot_standby');
  if (reported !== undefined) {
    return {
      inHotStandby: reported === 'on',
      readOnlyByDefault: serverParameters.get('default_transaction_read_only') === 'on',
    };
  }
  // Before PostgreSQL 14. SHOW works on replication connections, too.
  const { rows } = await abortable(
    client.query<{ transaction_read_only: string }>('SHOW transaction_read_only'),
    signal,
  );
  const isReadOnly = rows[0]?.transaction_read_only === 'on';
  return { inHotStandby: isReadOnly, readOnlyByDefault: isReadOnly };
}
