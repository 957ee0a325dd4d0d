import { ConnectionFailed, QueryFailed } from '../../domain/errors/repmgr-error.ts';
import { describeServer, sqlStateOf } from './connection-failure.ts';
import { type ConnectionPlace, connectionHint } from './connection-hint.ts';

const longestQuery = 500;

/** Translates why a query failed: refused by the server, or the session is lost. */
export function queryFailure(
  cause: unknown,
  { sql, place }: { sql: string; place: ConnectionPlace },
): QueryFailed | ConnectionFailed {
  const sqlState = sqlStateOf(cause);
  const facts = { host: place.host, port: place.port, dbname: place.dbname, query: shortened(sql) };
  if (sqlState === undefined || endsSession(sqlState)) {
    const reason = sqlState === undefined ? 'the server closed the connection' : messageOf(cause);
    return new ConnectionFailed(`connection to ${describeServer(place)} was lost during a query: ${reason}`, {
      cause,
      sqlState,
      hint: connectionHint(cause, place),
      facts,
    });
  }
  const { detail, hint } = cause as { detail?: string; hint?: string };
  return new QueryFailed(`query on ${describeServer(place)} failed: ${messageOf(cause)}`, {
    cause,
    sqlState,
    detail: [detail, `query was: ${shortened(sql)}`].filter((text) => text !== undefined).join('; '),
    hint: hint ?? refusalHint(sqlState, place),
    facts,
  });
}

/**
 * Connection exceptions, operator intervention other than a cancelled query, and the session time-outs
 * (PostgreSQL manual, appendix A). The severity would tell, but comes in the server's language.
 */
function endsSession(sqlState: string): boolean {
  return sqlState.startsWith('08') || /^57P0[1-5]$/.test(sqlState) || sqlState === '25P03';
}

function refusalHint(sqlState: string, { user, dbname, host }: ConnectionPlace): string {
  switch (sqlState) {
    case '42501':
      return `grant role "${user}" the right that is missing, or use a role that has it`;
    case '42P01':
    case '3F000':
      return `check that "${dbname}" is the database of repmgr; "repmgr primary register" creates the schema in it`;
    case '25006':
      return `the server on "${host}" is a standby or read-only: send changes to the primary`;
    case '57014':
      return 'raise the time limit or look for what blocks the query';
    default:
      return `look into the log of the server on "${host}"`;
  }
}

function messageOf(cause: unknown): string {
  return cause instanceof Error ? cause.message : String(cause);
}

function shortened(sql: string): string {
  const line = sql.replace(/\s+/g, ' ').trim();
  return line.length > longestQuery ? `${line.slice(0, longestQuery)}…` : line;
}
