import { parseConninfo } from '../domain/conninfo/parse-conninfo.ts';
import type { LoadedSettings } from './loaded-settings.ts';
import { type Settings, settingTable } from './settings.ts';

type LeaseSettings = Pick<Settings, 'heartbeat_interval' | 'fence_budget'>;

/**
 * The lease that the file asks for, in milliseconds: `lease` if given; else, when the file has
 * `reconnect_attempts` or `reconnect_interval`, their product, the patience of repmgr's configuration;
 * else the default. A product too short for two heartbeats and a fence is raised to the shortest that is not.
 */
export function effectiveLeaseMs({ settings, isSet }: Pick<LoadedSettings, 'settings' | 'isSet'>): number {
  if (isSet('lease')) return settings.lease;
  const product = reconnectProductMs({ settings, isSet });
  if (product === undefined) return Math.max(settings.lease, shortestLeaseMs(settings));
  const longest = settingTable.lease.type.limits.max ?? product;
  return Math.min(Math.max(product, shortestLeaseMs(settings)), longest);
}

/** `reconnect_attempts × reconnect_interval` in milliseconds if the file has either, else undefined. */
export function reconnectProductMs({
  settings,
  isSet,
}: Pick<LoadedSettings, 'settings' | 'isSet'>): number | undefined {
  if (!isSet('reconnect_attempts') && !isSet('reconnect_interval')) return undefined;
  return settings.reconnect_attempts * settings.reconnect_interval * 1_000;
}

/** Safety margin at the end of a lease, in milliseconds. */
export function leaseMarginMs(leaseMs: number): number {
  return Math.ceil(leaseMs * 0.02 + 50);
}

/** The shortest lease in which two heartbeats fit before fencing has to begin, in milliseconds. */
export function shortestLeaseMs({ heartbeat_interval, fence_budget }: LeaseSettings): number {
  const needed = 2 * heartbeat_interval + fence_budget;
  let leaseMs = Math.max(settingTable.lease.type.limits.min ?? 0, Math.floor((needed + 50) / 0.98));
  while (leaseMs - leaseMarginMs(leaseMs) < needed) leaseMs++;
  return leaseMs;
}

/** Role for replication connections to this node; undefined when conninfo leaves it to the environment. */
export function effectiveReplicationUser({
  replication_user,
  conninfo,
}: Pick<Settings, 'replication_user' | 'conninfo'>): string | undefined {
  if (replication_user !== '') return replication_user;
  return nonEmpty(parseConninfo(conninfo).get('user'));
}

/** Folder of the daemon's durable state. */
export function effectiveStateDirectory({
  state_directory,
  data_directory,
}: Pick<Settings, 'state_directory' | 'data_directory'>): string {
  return state_directory === '' ? `${data_directory}.repmgr` : state_directory;
}

/** Name or address under which other daemons reach this one; undefined when conninfo has no TCP host. */
export function effectiveApiAddress({
  api_address,
  conninfo,
}: Pick<Settings, 'api_address' | 'conninfo'>): string | undefined {
  if (api_address !== '') return api_address;
  const parameters = parseConninfo(conninfo);
  const host = (nonEmpty(parameters.get('host')) ?? parameters.get('hostaddr') ?? '').split(',')[0];
  const isSocket = host?.startsWith('/') === true || host?.startsWith('@') === true;
  return isSocket ? undefined : nonEmpty(host);
}

/** Addresses to listen on; `*` is all. Empty when neither they nor an API address are to be had. */
export function effectiveListenAddresses(
  settings: Pick<Settings, 'api_address' | 'api_listen_addresses' | 'conninfo'>,
): readonly string[] {
  const listed = settings.api_listen_addresses
    .split(',')
    .map((address) => address.trim())
    .filter((address) => address !== '');
  if (listed.length > 0) return listed;
  const address = effectiveApiAddress(settings);
  return address === undefined ? [] : [address];
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === '' ? undefined : text;
}
