import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { HostLookup } from '../../../src/peers/host-lookup.ts';

type Done = (error: NodeJS.ErrnoException | null, addresses: readonly LookupAddress[]) => void;

function setup() {
  const asked: { host: string; done: Done }[] = [];
  const clock = { nowMs: 0 };
  const lookup = new HostLookup(
    (host, done) => asked.push({ host, done }),
    () => clock.nowMs,
  );
  const resolveAll = (host: string): Promise<LookupAddress[] | string> =>
    new Promise((resolve, reject) => {
      lookup.lookup(host, { all: true }, (error, found) => (error === null ? resolve(found) : reject(error)));
    });
  const resolveOne = (host: string, family: 4 | 6): Promise<string> =>
    new Promise((resolve, reject) => {
      lookup.lookup(host, { family }, (error, found) =>
        error === null && typeof found === 'string' ? resolve(found) : reject(error ?? new Error('a list')),
      );
    });
  return { asked, clock, resolveAll, resolveOne };
}

const both: LookupAddress[] = [
  { address: '192.0.2.1', family: 4 },
  { address: '2001:db8::1', family: 6 },
];

describe('host lookup', () => {
  test('asks once for a name that several want and remembers the answer', async () => {
    const { asked, resolveAll, resolveOne } = setup();
    const wanted = Promise.all([resolveAll('node1'), resolveAll('node1')]);
    expect(asked).toHaveLength(1);
    asked[0]?.done(null, both);
    expect(await wanted).toEqual([both, both]);
    expect(await resolveOne('node1', 6)).toBe('2001:db8::1');
    expect(await resolveOne('node1', 4)).toBe('192.0.2.1');
    expect(asked).toHaveLength(1);
  });

  test('uses an old answer at once while it asks anew, and keeps it when the name server is dead', async () => {
    const { asked, clock, resolveAll } = setup();
    const first = resolveAll('node1');
    asked[0]?.done(null, both);
    await first;
    clock.nowMs = 31_000;
    expect(await resolveAll('node1')).toEqual(both);
    expect(await resolveAll('node1')).toEqual(both);
    expect(asked).toHaveLength(2);
    asked[1]?.done(Object.assign(new Error('name server silent'), { code: 'EAI_AGAIN' }), []);
    expect(await resolveAll('node1')).toEqual(both);
    expect(asked).toHaveLength(3);
    const moved: LookupAddress[] = [{ address: '192.0.2.9', family: 4 }];
    asked[2]?.done(null, moved);
    expect(await resolveAll('node1')).toEqual(moved);
  });

  test('never runs more than two lookups at a time', async () => {
    const { asked, resolveAll } = setup();
    const wanted = ['node1', 'node2', 'node3'].map((host) => resolveAll(host));
    expect(asked.map((each) => each.host)).toEqual(['node1', 'node2']);
    asked[1]?.done(null, both);
    expect(asked.map((each) => each.host)).toEqual(['node1', 'node2', 'node3']);
    asked[0]?.done(null, both);
    asked[2]?.done(null, both);
    expect(await Promise.all(wanted)).toEqual([both, both, both]);
  });

  test('reports a name that nobody knows, and asks again next time', async () => {
    const { asked, resolveAll } = setup();
    const failing = resolveAll('node9');
    asked[0]?.done(Object.assign(new Error('getaddrinfo ENOTFOUND node9'), { code: 'ENOTFOUND' }), []);
    await expect(failing).rejects.toThrow('ENOTFOUND');
    const again = resolveAll('node9');
    expect(asked).toHaveLength(2);
    asked[1]?.done(null, []);
    await expect(again).rejects.toThrow('node9');
  });
});
