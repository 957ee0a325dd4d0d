import { type CheckResult, failed, passed, warning } from './check-result.ts';
import type { CloneWish, SourceFacts } from './source-facts.ts';

/** Settings of the source that {@link checkSourceSettings} reads; ask for all of them in one query. */
export const sourceSettingNames = [
  'wal_level',
  'max_replication_slots',
  'wal_keep_size',
  'wal_keep_segments',
  'archive_mode',
  'archive_command',
  'archive_library',
  'hot_standby',
  'max_wal_senders',
  'data_checksums',
  'wal_log_hints',
  'wal_retrieve_retry_interval',
] as const;

/** Checks the server settings that a standby cloned from the source depends on. */
export function checkSourceSettings(facts: SourceFacts, wish: CloneWish): readonly CheckResult[] {
  const value = (name: (typeof sourceSettingNames)[number]): string | null =>
    facts.settings.get(name) ?? null;
  const input: Input = { facts, wish, value };
  return [
    checkWalLevel(input),
    checkSlots(input),
    checkWalKeep(input),
    checkArchiving(input),
    checkHotStandby(input),
    checkWalSenders(input),
    checkRewindability(input),
  ].filter((result) => result !== undefined);
}

interface Input {
  readonly facts: SourceFacts;
  readonly wish: CloneWish;
  readonly value: (name: (typeof sourceSettingNames)[number]) => string | null;
}

/** WAL senders that pg_basebackup occupies: one for the files, one more while it streams WAL. */
export function walSendersNeeded(wish: Pick<CloneWish, 'basebackup'>): number {
  const method = wish.basebackup.walMethod;
  return method === null || method === 'stream' ? 2 : 1;
}

function checkWalLevel({ value }: Input): CheckResult {
  const level = value('wal_level');
  if (level === 'replica' || level === 'logical') return passed('wal_level', level);
  return failed(
    'wal_level',
    `wal_level is ${level ?? 'unknown'} on the source`,
    'set wal_level = replica and restart',
  );
}

function checkSlots({ wish, value }: Input): CheckResult | undefined {
  if (!wish.usesSlots) return undefined;
  const slots = Number(value('max_replication_slots') ?? 0);
  if (slots >= 1) return passed('max_replication_slots', String(slots));
  return failed(
    'max_replication_slots',
    'max_replication_slots is 0 on the source, but replication slots are to be used',
    'set max_replication_slots to at least the number of standbys and restart, or set use_replication_slots = false',
  );
}

/** Without slot, streamed WAL and archive nothing else keeps the WAL until the standby has started. */
function checkWalKeep({ facts, wish, value }: Input): CheckResult | undefined {
  const streams = walSendersNeeded(wish) === 2;
  if (wish.usesSlots || streams || wish.hasRestoreCommand) return undefined;
  const name = facts.serverVersionNum >= 130000 ? 'wal_keep_size' : 'wal_keep_segments';
  const kept = Number.parseInt(value(name) ?? '0', 10);
  if (kept > 0) return passed(name, String(kept));
  return failed(
    name,
    `${name} is 0 on the source, and neither slots, streamed WAL nor restore_command secure the WAL that the new standby needs`,
    `set ${name} on the source, or use_replication_slots = true in repmgr.conf`,
  );
}

function checkArchiving({ value }: Input): CheckResult | undefined {
  const mode = value('archive_mode');
  if (mode === null || mode === 'off') return undefined;
  // "(disabled)" is what PostgreSQL shows of an archive_command while archive_library is in use.
  const isSet = [value('archive_command'), value('archive_library')].some(
    (text) => text !== null && text !== '' && text !== '(disabled)',
  );
  if (isSet) return passed('archive_command', 'set');
  return failed(
    'archive_command',
    `archive_mode is ${mode} on the source, but archive_command is empty`,
    'set archive_command (for the time being to "/bin/true") and reload, or archive_mode = off and restart',
  );
}

function checkHotStandby({ value }: Input): CheckResult {
  if (value('hot_standby') === 'on') return passed('hot_standby', 'on');
  return failed(
    'hot_standby',
    `hot_standby is ${value('hot_standby') ?? 'unknown'} on the source`,
    'set hot_standby = on, as standbys must accept connections',
  );
}

function checkWalSenders({ facts, wish, value }: Input): CheckResult {
  const needed = walSendersNeeded(wish);
  const limit = Number(value('max_wal_senders') ?? 0);
  const free = limit - facts.walSendersInUse;
  if (free >= needed) return passed('max_wal_senders', `${free} of ${limit} free`);
  return failed(
    'max_wal_senders',
    `${needed} free WAL senders are needed on the source, but ${Math.max(free, 0)} of ${limit} are free`,
    'increase max_wal_senders and restart',
  );
}

function checkRewindability({ value }: Input): CheckResult | undefined {
  const checksums = value('data_checksums');
  const hints = value('wal_log_hints');
  if (checksums === null || hints === null) return undefined;
  if (checksums === 'on' || hints === 'on') return passed('pg_rewind', 'possible on this cluster');
  return warning(
    'pg_rewind',
    'data checksums and wal_log_hints are both off, so pg_rewind can never be used on this cluster',
    'set wal_log_hints = on and restart when convenient',
  );
}
