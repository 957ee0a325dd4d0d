import { type LookupAddress, lookup as resolverLookup } from 'node:dns';
import { isIP, type LookupFunction } from 'node:net';

const freshForMs = 30_000;
/** getaddrinfo occupies a thread of libuv's four, which fsync of the state file needs too. */
const maxRunning = 2;

export type Resolve = (
  host: string,
  done: (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void,
) => void;

interface KnownHost {
  readonly addresses: readonly LookupAddress[];
  readonly resolvedAtMs: number;
}

type Waiter = (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void;

/**
 * Host names of peers, resolved so that a dead name server can't stop the daemon: the last known addresses
 * are used at once and refreshed in the background, one lookup per name and two at a time.
 */
export class HostLookup {
  readonly #known = new Map<string, KnownHost>();
  readonly #waiting = new Map<string, Waiter[]>();
  readonly #queue: string[] = [];
  readonly #resolve: Resolve;
  readonly #nowMs: () => number;
  #running = 0;

  constructor(resolve: Resolve = resolveAll, nowMs: () => number = () => performance.now()) {
    this.#resolve = resolve;
    this.#nowMs = nowMs;
  }

  /** In the form that `net.connect` takes. */
  readonly lookup: LookupFunction = (host, options, callback) => {
    const family = options.family === 4 || options.family === 6 ? options.family : 0;
    this.#addressesOf(host, (error, all) => {
      const addresses = family === 0 ? all : all.filter((address) => address.family === family);
      const first = addresses[0];
      if (error !== null || first === undefined) callback(error ?? noAddress(host), '', 0);
      else if (options.all) callback(null, [...addresses]);
      else callback(null, first.address, first.family);
    });
  };

  #addressesOf(host: string, waiter: Waiter): void {
    const known = this.#known.get(host);
    if (known === undefined) {
      this.#enqueue(host, waiter);
      return;
    }
    if (this.#nowMs() - known.resolvedAtMs > freshForMs) this.#enqueue(host);
    queueMicrotask(() => waiter(null, known.addresses));
  }

  #enqueue(host: string, waiter?: Waiter): void {
    const waiters = this.#waiting.get(host);
    if (waiters === undefined) {
      this.#waiting.set(host, waiter === undefined ? [] : [waiter]);
      this.#queue.push(host);
    } else if (waiter !== undefined) waiters.push(waiter);
    this.#startNext();
  }

  #startNext(): void {
    if (this.#running >= maxRunning) return;
    const host = this.#queue.shift();
    if (host === undefined) return;
    this.#running += 1;
    this.#resolve(host, (error, addresses) => {
      this.#running -= 1;
      if (error === null) this.#known.set(host, { addresses, resolvedAtMs: this.#nowMs() });
      const waiters = this.#waiting.get(host) ?? [];
      this.#waiting.delete(host);
      this.#startNext();
      for (const waiter of waiters) waiter(error, addresses);
    });
  }
}

function resolveAll(host: string, done: Waiter): void {
  resolverLookup(host, { all: true }, (error, addresses) => done(error, addresses ?? []));
}

function noAddress(host: string): NodeJS.ErrnoException {
  const family = isIP(host) === 0 ? 'no address of the wanted family' : 'not resolvable';
  return Object.assign(new Error(`${family} for host "${host}"`), { code: 'ENOTFOUND' });
}
