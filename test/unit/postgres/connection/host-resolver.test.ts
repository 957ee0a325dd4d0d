import { describe, expect, it } from 'vitest';
import { HostResolver } from '../../../../src/postgres/connection/host-resolver.ts';

const patient = new AbortController().signal;

/** Lookups that end when the test says so. */
function manualLookups() {
  const open: { host: string; end: (outcome: readonly string[] | Error) => void }[] = [];
  const resolver = new HostResolver(
    (host) =>
      new Promise((resolve, reject) => {
        open.push({
          host,
          end: (outcome) => (outcome instanceof Error ? reject(outcome) : resolve(outcome)),
        });
      }),
  );
  const next = async () => {
    await new Promise(setImmediate);
    const lookup = open.shift();
    if (lookup === undefined) throw new Error('no lookup runs');
    return lookup;
  };
  return { resolver, next, open };
}

async function answer(lookups: ReturnType<typeof manualLookups>, addresses: readonly string[]) {
  const found = lookups.resolver.addressesOf('a', patient);
  (await lookups.next()).end(addresses);
  return found;
}

function resolverError(code: string): Error {
  return Object.assign(new Error(`getaddrinfo ${code} a`), { code });
}

describe('HostResolver', () => {
  it('asks the resolver each time and takes what it says', async () => {
    const lookups = manualLookups();
    expect(await answer(lookups, ['10.0.0.1', '10.0.0.2'])).toEqual(['10.0.0.1', '10.0.0.2']);
    expect(await answer(lookups, ['10.0.0.3'])).toEqual(['10.0.0.3']);
  });

  it('uses former addresses when the resolver takes long or has no answer', async () => {
    const lookups = manualLookups();
    await answer(lookups, ['10.0.0.1']);
    expect(await lookups.resolver.addressesOf('a', patient)).toEqual(['10.0.0.1']);
    (await lookups.next()).end(['10.0.0.9']);
    await new Promise(setImmediate);
    const failing = lookups.resolver.addressesOf('a', patient);
    (await lookups.next()).end(resolverError('EAI_AGAIN'));
    expect(await failing).toEqual(['10.0.0.9']);
  });

  it('believes a resolver that knows no such host', async () => {
    const lookups = manualLookups();
    await answer(lookups, ['10.0.0.1']);
    const gone = lookups.resolver.addressesOf('a', patient);
    (await lookups.next()).end(resolverError('ENOTFOUND'));
    await expect(gone).rejects.toThrow('ENOTFOUND');
  });

  it('runs one lookup at a time, and one for all who ask for the same name', async () => {
    const lookups = manualLookups();
    const both = [lookups.resolver.addressesOf('a', patient), lookups.resolver.addressesOf('a', patient)];
    const other = lookups.resolver.addressesOf('b', patient);
    const first = await lookups.next();
    expect([first.host, lookups.open.length]).toEqual(['a', 0]);
    first.end(['10.0.0.1']);
    expect(await Promise.all(both)).toEqual([['10.0.0.1'], ['10.0.0.1']]);
    (await lookups.next()).end(['10.0.0.2']);
    expect(await other).toEqual(['10.0.0.2']);
  });

  it('lets go of whoever gives up, and still learns what the lookup finds', async () => {
    const lookups = manualLookups();
    const giveUp = new AbortController();
    const found = lookups.resolver.addressesOf('a', giveUp.signal);
    giveUp.abort(new Error('too late'));
    await expect(found).rejects.toThrow('too late');
    (await lookups.next()).end(['10.0.0.1']);
    await new Promise(setImmediate);
    expect(await lookups.resolver.addressesOf('a', patient)).toEqual(['10.0.0.1']);
  });
});
