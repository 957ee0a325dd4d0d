import { lookup } from 'node:dns/promises';
import { abortable } from './within-limit.ts';

/** How long fresh addresses are waited for where former ones are known. */
const patienceMs = 250;

export type Resolve = (host: string) => Promise<readonly string[]>;

/**
 * Host names of servers, resolved so that a slow or dead name server holds up no failover: the resolver is asked
 * each time, but former addresses are used where it takes long or can't answer. One lookup runs at a time, also
 * after whoever asked has given up, because getaddrinfo occupies one of libuv's four threads, and fsync of the
 * state file needs them too.
 */
export class HostResolver {
  readonly #resolve: Resolve;
  readonly #known = new Map<string, readonly string[]>();
  readonly #asked = new Map<string, Promise<readonly string[]>>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(resolve: Resolve = resolveAll) {
    this.#resolve = resolve;
  }

  /** @throws what the resolver says, or the signal's reason. */
  async addressesOf(host: string, signal: AbortSignal): Promise<readonly string[]> {
    signal.throwIfAborted();
    const fresh = this.#ask(host);
    const known = this.#known.get(host);
    if (known === undefined) return abortable(fresh, signal);
    let timer: NodeJS.Timeout | undefined;
    const patience = new Promise<readonly string[]>((resolve) => {
      timer = setTimeout(() => resolve(known), patienceMs);
    });
    try {
      return await abortable(Promise.race([orKnown(fresh, known), patience]), signal);
    } finally {
      clearTimeout(timer);
    }
  }

  #ask(host: string): Promise<readonly string[]> {
    const asked = this.#asked.get(host);
    if (asked !== undefined) return asked;
    const answer = this.#last.then(async () => {
      try {
        const addresses = await this.#resolve(host);
        this.#known.set(host, addresses);
        return addresses;
      } finally {
        this.#asked.delete(host);
      }
    });
    this.#last = answer.catch(() => undefined);
    this.#asked.set(host, answer);
    return answer;
  }
}

/** That there is no such host is an answer; any other failure is none. */
async function orKnown(
  fresh: Promise<readonly string[]>,
  known: readonly string[],
): Promise<readonly string[]> {
  try {
    return await fresh;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOTFOUND') throw error;
    return known;
  }
}

/** In the order of the resolver. */
async function resolveAll(host: string): Promise<readonly string[]> {
  const found = await lookup(host, { all: true, verbatim: true });
  return found.map(({ address }) => address);
}
