import { TlsFailed } from './negotiate-tls.ts';
import { MissingPassword } from './pg-client.ts';
import { TimeLimitPassed } from './within-limit.ts';

/** Where and as whom a connection was tried. */
export interface ConnectionPlace {
  /** As in the conninfo. */
  readonly host: string;
  readonly port: number;
  /** What the host name was resolved to, when known. */
  readonly address: string | undefined;
  readonly socketPath: string | undefined;
  readonly user: string;
  readonly dbname: string;
  readonly passfile: string;
  /** The password comes from the connection string or PGPASSWORD, not from the password file. */
  readonly isPasswordGiven: boolean;
}

/** What to do about a failed connection. */
export function connectionHint(cause: unknown, place: ConnectionPlace): string {
  if (cause instanceof MissingPassword) return passfileHint(place);
  if (cause instanceof TimeLimitPassed) {
    return `check network and firewall between here and "${place.host}", and whether the server there hangs`;
  }
  const code = codeOf(cause);
  const hint = hintsByCode[code]?.(place);
  if (hint !== undefined) return hint;
  if (cause instanceof TlsFailed) {
    return 'check sslmode and sslrootcert of the connection string and the server certificate';
  }
  return `check the connection string, and the log of the server on "${place.host}"`;
}

/** SQLSTATE or error number of a system call. */
export function codeOf(cause: unknown): string {
  const code = (cause as { code?: unknown } | undefined)?.code;
  return typeof code === 'string' ? code : '';
}

function passfileHint({ host, address, port, user, dbname, ...place }: ConnectionPlace): string {
  if (place.isPasswordGiven) {
    return `correct the password of "${user}" in the connection string or PGPASSWORD`;
  }
  const name = host === '' ? (address ?? 'localhost') : host;
  return `check the line "${name}:${port}:${dbname}:${user}:…" in the password file "${place.passfile}"`;
}

const pgHbaHint = ({ host, user, dbname }: ConnectionPlace): string =>
  `check that role "${user}" exists and that pg_hba.conf on "${host}" admits it to database "${dbname}" from here`;

const isItRunning = ({ host, port, socketPath }: ConnectionPlace): string =>
  socketPath === undefined
    ? `check that PostgreSQL runs on "${host}" and listens on port ${port} there (listen_addresses, port)`
    : `check that PostgreSQL runs on this host with its socket at "${socketPath}" (unix_socket_directories, port)`;

const unreachable = ({ host }: ConnectionPlace): string =>
  `check that host "${host}" is up and the network to it works`;

const unknownName = ({ host }: ConnectionPlace): string =>
  `check the spelling of "${host}" and the name resolution of this host`;

const waitForServer = ({ host }: ConnectionPlace): string =>
  `wait until the server on "${host}" accepts connections; its log tells what it is doing`;

const hintsByCode: Readonly<Record<string, (place: ConnectionPlace) => string>> = {
  '28P01': passfileHint,
  '28000': pgHbaHint,
  '3D000': ({ dbname, host }) => `create database "${dbname}" on "${host}" or correct dbname`,
  '53300': ({ host }) => `close unused connections on "${host}", or raise max_connections there`,
  '57P03': waitForServer,
  '57P01': waitForServer,
  '57P02': waitForServer,
  ECONNREFUSED: isItRunning,
  ENOENT: isItRunning,
  ECONNRESET: isItRunning,
  EHOSTUNREACH: unreachable,
  ENETUNREACH: unreachable,
  EHOSTDOWN: unreachable,
  ETIMEDOUT: unreachable,
  ENOTFOUND: unknownName,
  EAI_AGAIN: unknownName,
  EACCES: ({ socketPath, host }) => `check the permissions of "${socketPath ?? host}"`,
};
