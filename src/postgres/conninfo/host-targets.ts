import type { ConnectionParameters } from '../../domain/conninfo/connection-parameters.ts';
import { ConfigurationError } from '../../domain/errors/repmgr-error.ts';

/** One of the servers that a conninfo names. */
export interface HostTarget {
  /** As written: a name, an address or a socket directory; empty when only `hostaddr` is given. */
  readonly host: string;
  /** IP address to connect to instead of looking up `host`. */
  readonly hostaddr: string | undefined;
  readonly port: number;
  /** Path of the Unix-domain socket; undefined for TCP. */
  readonly socketPath: string | undefined;
}

/**
 * Splits `host`, `hostaddr` and `port` into the servers to try, in order (PostgreSQL manual, section 32.1.1.3).
 * @throws ConfigurationError when the lists differ in length or a port is no port.
 */
export function hostTargets(parameters: ConnectionParameters, socketDirectory: string): HostTarget[] {
  const hosts = listOf(parameters.get('host'));
  const addresses = listOf(parameters.get('hostaddr'));
  const ports = listOf(parameters.get('port'));
  const count = Math.max(addresses.length, 1, addresses.length === 0 ? hosts.length : 0);
  if (addresses.length > 0 && hosts.length > 0 && hosts.length !== addresses.length) {
    throw mismatch(`could not match ${hosts.length} host names to ${addresses.length} hostaddr values`);
  }
  if (ports.length > 1 && ports.length !== count) {
    throw mismatch(`could not match ${ports.length} port numbers to ${count} hosts`);
  }
  return Array.from({ length: count }, (_, index) =>
    hostTarget({
      host: hosts[index] ?? '',
      hostaddr: addresses[index] ?? '',
      port: parsePort(ports.length > 1 ? ports[index] : ports[0]),
      socketDirectory,
    }),
  );
}

interface TargetParts {
  readonly host: string;
  readonly hostaddr: string;
  readonly port: number;
  readonly socketDirectory: string;
}

function hostTarget({ host, hostaddr, port, socketDirectory }: TargetParts): HostTarget {
  if (hostaddr !== '') return { host, hostaddr, port, socketPath: undefined };
  const effective = host === '' ? socketDirectory : host;
  if (effective.startsWith('@')) {
    throw new ConfigurationError(`abstract socket "${effective}" is not supported`, {
      hint: 'give the directory of a Unix-domain socket or a host name',
    });
  }
  const socketPath = effective.startsWith('/') ? `${effective}/.s.PGSQL.${port}` : undefined;
  return { host: effective, hostaddr: undefined, port, socketPath };
}

function listOf(value: string | undefined): string[] {
  return value === undefined || value === '' ? [] : value.split(',');
}

function parsePort(text: string | undefined): number {
  if (text === undefined || text === '') return 5432;
  const trimmed = text.trim();
  const port = /^[+-]?\d+$/.test(trimmed) ? Number(trimmed) : Number.NaN;
  if (Number.isNaN(port)) {
    throw invalidPort(`invalid integer value "${text}" for connection option "port"`);
  }
  if (port < 1 || port > 65_535) throw invalidPort(`invalid port number: "${text}"`);
  return port;
}

function invalidPort(message: string): ConfigurationError {
  return new ConfigurationError(message, { hint: 'give a port from 1 to 65535' });
}

function mismatch(message: string): ConfigurationError {
  return new ConfigurationError(message, {
    hint: 'give as many values, separated by commas, for each of host, hostaddr and port',
  });
}
