import type { Server } from 'node:http';
import { ConfigurationError, ConnectionFailed, type RepmgrError } from '../domain/errors/repmgr-error.ts';

/**
 * Binds one address and resolves with its port.
 * @throws ConnectionFailed or ConfigurationError naming the address and what to change.
 */
export function bindListener(server: Server, address: { host: string; port: number }): Promise<number> {
  const { host, port } = address;
  return new Promise((resolve, reject) => {
    const onError = (error: NodeJS.ErrnoException): void => reject(describeBindError(error, address));
    server.once('error', onError);
    server.listen(host === '*' ? { port } : { host, port }, () => {
      server.removeListener('error', onError);
      const bound = server.address();
      resolve(typeof bound === 'object' && bound !== null ? bound.port : port);
    });
  });
}

/** Stops accepting, waits up to `graceMs` for requests underway and drops what is left. */
export function closeListener(server: Server, graceMs: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = setTimeout(() => server.closeAllConnections(), graceMs);
    server.close(() => {
      clearTimeout(timer);
      resolve();
    });
    server.closeIdleConnections();
  });
}

function describeBindError(
  error: NodeJS.ErrnoException,
  address: { host: string; port: number },
): RepmgrError {
  const where = `${address.host}:${address.port}`;
  const facts = { host: address.host, port: address.port };
  const options = { facts, cause: error, detail: error.message };
  switch (error.code) {
    case 'EADDRINUSE':
      return new ConnectionFailed(`another program already listens on ${where}`, {
        ...options,
        hint: `stop it (is there a second repmgrd?) or give this node another port; "ss -ltnp" shows who it is`,
      });
    case 'EADDRNOTAVAIL':
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new ConnectionFailed(`${address.host} is not an address of this host`, {
        ...options,
        hint: 'correct the address to listen on, or wait until the network interface is up',
      });
    case 'EACCES':
      return new ConfigurationError(`no permission to listen on ${where}`, {
        ...options,
        hint: 'choose a port above 1023',
      });
    default:
      return new ConnectionFailed(`could not listen on ${where}`, {
        ...options,
        hint: 'check the address and the port to listen on',
      });
  }
}
