import { createServer } from 'node:net';
import { ConfigurationError } from '../src/domain/errors/repmgr-error.ts';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** `REPMGR_LAB_PORTS=first-last` moves the lab elsewhere, so that several can run at once. */
function labPortRange(): PortRange {
  const text = process.env['REPMGR_LAB_PORTS'] ?? '55500-55599';
  const [first, last] = text.split('-').map(Number);
  if (first === undefined || last === undefined || !(first > 1023 && last >= first && last < 65_536)) {
    throw new ConfigurationError(`REPMGR_LAB_PORTS is "${text}", expected "first-last", e.g. 55500-55599`);
  }
  return { first, last };
}

const handedOut = new Set<number>();

/**
 * A TCP port that nobody listens on at any of `addresses`; never the same one twice in this process.
 * The search begins at a place that depends on the process, so that two runs rarely meet.
 */
export async function freePort(addresses: readonly string[] = ['127.0.0.1']): Promise<number> {
  const { first, last } = labPortRange();
  const size = last - first + 1;
  for (let step = 0; step < size; step += 1) {
    const port = first + ((process.pid * 7 + step) % size);
    if (handedOut.has(port)) continue;
    const free = await Promise.all(addresses.map((address) => canListen(address, port)));
    if (!free.every(Boolean)) continue;
    handedOut.add(port);
    return port;
  }
  throw new ConfigurationError(`no free port between ${first} and ${last} on ${addresses.join(', ')}`, {
    hint: 'Set REPMGR_LAB_PORTS to another range.',
  });
}

function canListen(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
