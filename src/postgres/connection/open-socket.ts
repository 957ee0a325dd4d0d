import { connect, isIP, type Socket } from 'node:net';
import type { ConnectionParameters } from '../../domain/conninfo/connection-parameters.ts';
import type { HostTarget } from '../conninfo/host-targets.ts';
import { HostResolver } from './host-resolver.ts';

/** Where a socket goes: an IP address and port, or a Unix-domain socket. */
export type SocketAddress = { readonly address: string; readonly port: number } | { readonly path: string };

/** Of the process: what one connection has found out helps the next. */
const resolver = new HostResolver();

/** All addresses of a server, in the order of the resolver. */
export async function addressesOf(target: HostTarget, signal: AbortSignal): Promise<SocketAddress[]> {
  if (target.socketPath !== undefined) return [{ path: target.socketPath }];
  const host = target.hostaddr ?? target.host;
  if (isIP(host) !== 0) return [{ address: host, port: target.port }];
  const found = await resolver.addressesOf(host, signal);
  return found.map((address) => ({ address, port: target.port }));
}

/**
 * Opens a socket which `signal` destroys. The signal must end with the attempt to connect.
 * @throws what the socket fails with, or the signal's reason.
 */
export async function openSocket(
  address: SocketAddress,
  signal: AbortSignal,
  parameters: ConnectionParameters,
): Promise<Socket> {
  signal.throwIfAborted();
  const socket = connect(
    'path' in address
      ? { path: address.path }
      : { host: address.address, port: address.port, noDelay: true, ...keepAlive(parameters) },
  );
  signal.addEventListener('abort', () => void socket.destroy(signal.reason as Error), { once: true });
  await new Promise<void>((resolve, reject) => {
    // Stays attached: an error between two steps would otherwise end the process. Each step sees `close`.
    socket.on('error', reject);
    socket.once('connect', resolve);
  });
  return socket;
}

/** As in libpq on by default; interval and count of the probes are the kernel's, Node.js cannot set them. */
function keepAlive(parameters: ConnectionParameters): {
  keepAlive: boolean;
  keepAliveInitialDelay: number;
} {
  const idleSecs = Number(parameters.get('keepalives_idle') ?? 0);
  return {
    keepAlive: Number(parameters.get('keepalives') ?? 1) !== 0,
    keepAliveInitialDelay: Number.isFinite(idleSecs) ? Math.max(idleSecs, 0) * 1000 : 0,
  };
}
