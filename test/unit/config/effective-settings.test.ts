import { describe, expect, it } from 'vitest';
import {
  effectiveApiAddress,
  effectiveLeaseMs,
  effectiveListenAddresses,
  effectiveReplicationUser,
  effectiveStateDirectory,
  leaseMarginMs,
  shortestLeaseMs,
} from '../../../src/config/effective-settings.ts';
import { defaultSettings, type Settings } from '../../../src/config/settings.ts';

function given(values: Partial<Settings>) {
  return { settings: { ...defaultSettings(), ...values }, isSet: (name: string) => name in values };
}

describe('the lease', () => {
  it.each([
    [{}, 3_000],
    [{ lease: 5_000 }, 5_000],
    [{ reconnect_attempts: 4, reconnect_interval: 2 }, 8_000],
    [{ reconnect_attempts: 4 }, 40_000],
    [{ reconnect_interval: 1 }, 6_000],
    [{ reconnect_attempts: 4, lease: 2_000 }, 2_000],
    [{ reconnect_attempts: 0 }, 1_276],
    [{ reconnect_interval: 0 }, 1_276],
    [{ reconnect_attempts: 1_000_000 }, 3_600_000],
    [{ heartbeat_interval: 2_000 }, 4_847],
  ])('of %j is %d ms', (values, leaseMs) => {
    expect(effectiveLeaseMs(given(values))).toBe(leaseMs);
  });

  it.each([
    [50, 100],
    [250, 700],
    [333, 1_000],
    [60_000, 60_000],
  ])(
    'with heartbeats of %d ms and a fence of %d ms is never too short, and no longer than needed',
    (heartbeat, fence) => {
      const shortest = shortestLeaseMs({ heartbeat_interval: heartbeat, fence_budget: fence });
      const left = (leaseMs: number): number => leaseMs - leaseMarginMs(leaseMs) - fence;
      expect(left(shortest)).toBeGreaterThanOrEqual(2 * heartbeat);
      if (shortest > 500) expect(left(shortest - 1)).toBeLessThan(2 * heartbeat);
    },
  );

  it('has a margin of 2 % and 50 ms', () => {
    expect(leaseMarginMs(3_000)).toBe(110);
  });
});

describe('names and places', () => {
  const settings = (values: Partial<Settings>): Settings => ({ ...defaultSettings(), ...values });

  it.each([
    [{ conninfo: 'host=a user=rep' }, 'rep'],
    [{ conninfo: 'host=a user=rep', replication_user: 'stream' }, 'stream'],
    [{ conninfo: 'host=a' }, undefined],
  ])('the replication user of %j is %s', (values, user) => {
    expect(effectiveReplicationUser(settings(values))).toBe(user);
  });

  it.each([
    [{ data_directory: '/data' }, '/data.repmgr'],
    [{ data_directory: '/data', state_directory: '/state' }, '/state'],
  ])('the state directory of %j is %s', (values, path) => {
    expect(effectiveStateDirectory(settings(values))).toBe(path);
  });

  it.each([
    [{ conninfo: 'host=a' }, 'a', ['a']],
    [{ conninfo: 'host=a hostaddr=10.0.0.1' }, 'a', ['a']],
    [{ conninfo: 'hostaddr=10.0.0.1' }, '10.0.0.1', ['10.0.0.1']],
    [{ conninfo: 'host=a,b' }, 'a', ['a']],
    [{ conninfo: 'postgresql://u@a:1/db' }, 'a', ['a']],
    [{ conninfo: 'host=/run/postgresql' }, undefined, []],
    [{ conninfo: 'host=@abstract' }, undefined, []],
    [{ conninfo: 'dbname=x' }, undefined, []],
    [{ conninfo: 'host=a', api_address: 'b' }, 'b', ['b']],
    [{ conninfo: 'host=a', api_listen_addresses: '*' }, 'a', ['*']],
    [{ conninfo: 'host=a', api_listen_addresses: '10.0.0.1, ::1,' }, 'a', ['10.0.0.1', '::1']],
  ])('the addresses of %j are %s and %s', (values, address, listen) => {
    expect(effectiveApiAddress(settings(values))).toBe(address);
    expect(effectiveListenAddresses(settings(values))).toEqual(listen);
  });
});
