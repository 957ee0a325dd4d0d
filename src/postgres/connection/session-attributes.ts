import type { TargetSessionAttrs } from '../conninfo/resolve-conninfo.ts';

/** What the server says of a new session; PostgreSQL 14 and later report it unasked. */
export interface SessionState {
  readonly inHotStandby: boolean;
  readonly readOnlyByDefault: boolean;
}

/** Why the session is not the one that target_session_attrs asks for; undefined when it is. */
export function sessionMismatch(wanted: TargetSessionAttrs, state: SessionState): string | undefined {
  const isReadOnly = state.inHotStandby || state.readOnlyByDefault;
  switch (wanted) {
    case 'read-write':
      return isReadOnly ? 'session is read-only' : undefined;
    case 'read-only':
      return isReadOnly ? undefined : 'session is not read-only';
    case 'primary':
      return state.inHotStandby ? 'server is in hot standby mode' : undefined;
    case 'standby':
      return state.inHotStandby ? undefined : 'server is not in hot standby mode';
    case 'any':
    case 'prefer-standby':
      return undefined;
    default:
      return wanted satisfies never;
  }
}
