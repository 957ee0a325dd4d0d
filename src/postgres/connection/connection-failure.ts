import { ConnectionFailed } from '../../domain/errors/repmgr-error.ts';
import { type ConnectionPlace, codeOf, connectionHint } from './connection-hint.ts';
import { TimeLimitPassed } from './within-limit.ts';

/** SQLSTATE of an error that the server sent; undefined for any other error. */
export function sqlStateOf(cause: unknown): string | undefined {
  const code = codeOf(cause);
  return /^[0-9A-Z]{5}$/.test(code) && (cause as { severity?: unknown }).severity !== undefined
    ? code
    : undefined;
}

/** EAGAIN: the queue of a Unix-domain socket is full, as nobody accepts (connect(2)). */
const silentCodes = ['ETIMEDOUT', 'EAGAIN'];

function isSilence(cause: unknown, { address, socketPath }: ConnectionPlace): boolean {
  const isAddressKnown = address !== undefined || socketPath !== undefined;
  return isAddressKnown && (cause instanceof TimeLimitPassed || silentCodes.includes(codeOf(cause)));
}

/** Translates why an attempt failed. `warnings` tell of files that were ignored on the way. */
export function connectionFailure(
  cause: unknown,
  place: ConnectionPlace,
  warnings: readonly string[] = [],
): ConnectionFailed {
  const detail = [(cause as { detail?: unknown }).detail, ...warnings].filter(
    (text) => typeof text === 'string' && text !== '',
  );
  return new ConnectionFailed(`connection to ${describePlace(place)} failed: ${reasonOf(cause)}`, {
    cause,
    sqlState: sqlStateOf(cause),
    isSilent: isSilence(cause, place),
    ...(detail.length === 0 ? {} : { detail: detail.join('; ') }),
    hint: connectionHint(cause, place),
    facts: {
      host: place.host,
      port: place.port,
      user: place.user,
      dbname: place.dbname,
      ...(place.address === undefined ? {} : { hostaddr: place.address }),
    },
  });
}

/** One failure as it is; several become one error that tells of all. */
export function allFailed(failures: readonly ConnectionFailed[]): ConnectionFailed {
  const last = failures.at(-1);
  if (last !== undefined && failures.length === 1) return last;
  return new ConnectionFailed(`none of ${failures.length} attempts to connect succeeded`, {
    cause: new AggregateError(failures),
    sqlState: last?.sqlState,
    isSilent: failures.length > 0 && failures.every(({ isSilent }) => isSilent),
    detail: failures.map(({ message }) => message).join('; '),
    ...(last?.hint === undefined ? {} : { hint: last.hint }),
    ...(last?.facts === undefined ? {} : { facts: last.facts }),
  });
}

/** How messages name a server and a login. */
export function describePlace(place: ConnectionPlace): string {
  return `${describeServer(place)} as user "${place.user}" to database "${place.dbname}"`;
}

export function describeServer({ host, port, address, socketPath }: ConnectionPlace): string {
  if (socketPath !== undefined) return `server on socket "${socketPath}"`;
  const resolved = address === undefined || address === host || host === '' ? '' : ` (${address})`;
  return `server at "${host === '' ? (address ?? '') : host}"${resolved}, port ${port}`;
}

const reasons: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'connection refused',
  ENOENT: 'no such socket',
  ECONNRESET: 'the server closed the connection',
  EHOSTUNREACH: 'no route to host',
  ENETUNREACH: 'network is unreachable',
  EHOSTDOWN: 'host is down',
  ETIMEDOUT: 'the host does not answer',
  ENOTFOUND: 'host name is not known',
  EAI_AGAIN: 'name resolution does not work at present',
  EACCES: 'permission denied',
};

function reasonOf(cause: unknown): string {
  const known = reasons[codeOf(cause)];
  if (known !== undefined) return known;
  const message = cause instanceof Error ? cause.message : String(cause);
  // pg's words for a socket that was closed before the server had accepted the login.
  return message === 'Connection terminated unexpectedly' ? 'the server closed the connection' : message;
}
