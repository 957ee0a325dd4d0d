import { type CheckResult, failed, passed, warning } from './check-result.ts';
import type { CloneWish, SourceFacts } from './source-facts.ts';
import { checkSourceSettings } from './source-settings.ts';

/** Oldest server that is supported, as server_version_num. */
export const oldestServerVersionNum = 120000;

/** Judges every precondition of a clone on the source's side and returns all results, not the first failure. */
export function checkSource(facts: SourceFacts, wish: CloneWish): readonly CheckResult[] {
  const version = checkVersion(facts);
  if (version.outcome === 'failed') return [version];
  return [
    version,
    ...wish.basebackup.problems.map((message) => failed('pg_basebackup_options', message)),
    checkMetadata(facts, wish),
    checkSystemIdentifier(facts),
    checkUpstreamRecord(facts, wish),
    checkNodeName(facts, wish),
    checkSlotRights(facts, wish),
    checkVerifyBackup(facts, wish),
    ...checkSourceSettings(facts, wish),
    checkReplicationConnections(facts),
  ].filter((result) => result !== undefined);
}

function checkVersion({ serverVersionNum }: SourceFacts): CheckResult {
  const version = versionText(serverVersionNum);
  if (serverVersionNum >= oldestServerVersionNum) return passed('version', `PostgreSQL ${version}`);
  return failed(
    'version',
    `the source runs PostgreSQL ${version}; at least PostgreSQL 12 is needed`,
    'upgrade PostgreSQL on the source',
  );
}

function checkMetadata({ metadata }: SourceFacts, { force }: CloneWish): CheckResult {
  if (metadata === 'present') return passed('metadata', 'schema "repmgr" exists on the primary');
  const message = 'schema "repmgr" does not exist in the connected database of the primary';
  const hint = 'run "repmgr primary register" on the primary, and check the database name given with -d';
  return force ? warning('metadata', message, hint) : failed('metadata', message, hint);
}

/** A witness, or a server of another cluster, must not become the origin of a standby. */
function checkSystemIdentifier(facts: SourceFacts): CheckResult | undefined {
  const { otherNode, systemIdentifier, sourceIsInRecovery } = facts;
  if (otherNode === null || systemIdentifier === null || sourceIsInRecovery) return undefined;
  if (otherNode.systemIdentifier === systemIdentifier) {
    return passed('system identifier', `the same as that of node "${otherNode.nodeName}"`);
  }
  return failed(
    'system identifier',
    `the source has system identifier ${systemIdentifier}, registered node "${otherNode.nodeName}" has ${otherNode.systemIdentifier}`,
    'the source is a witness or belongs to another cluster; give the host of the primary or of a standby',
  );
}

function checkUpstreamRecord(facts: SourceFacts, wish: CloneWish): CheckResult | undefined {
  const { upstream } = facts;
  if (upstream !== null && upstream.nodeId === wish.nodeId) {
    return failed('upstream', 'this node is registered as its own upstream', 'use --upstream-node-id');
  }
  if (upstream !== null) return passed('upstream', `node "${upstream.nodeName}" (ID: ${upstream.nodeId})`);
  if (wish.hasUpstreamConninfo && wish.upstreamNodeId === null) return undefined;
  if (wish.force && facts.metadata === 'absent') return undefined;
  return wish.upstreamNodeId === null
    ? failed('upstream', 'no active primary is registered', 'run "repmgr primary register" on the primary')
    : failed(
        'upstream',
        `no node with ID ${wish.upstreamNodeId} is registered`,
        'check --upstream-node-id against "repmgr cluster show"',
      );
}

function checkNodeName({ namesake }: SourceFacts, { nodeId, nodeName }: CloneWish): CheckResult | undefined {
  if (namesake === null || namesake.nodeId === nodeId) return undefined;
  return failed(
    'node name',
    `node name "${nodeName}" is taken by the node with ID ${namesake.nodeId}`,
    'set another node_name in repmgr.conf',
  );
}

function checkSlotRights({ maySlotsBeMade }: SourceFacts, { usesSlots }: CloneWish): CheckResult | undefined {
  if (!usesSlots || maySlotsBeMade) return undefined;
  return failed(
    'replication slot',
    'no role is at hand that may create a replication slot on the source',
    'give the repmgr role the attribute REPLICATION, or use --superuser',
  );
}

function checkVerifyBackup({ serverVersionNum }: SourceFacts, wish: CloneWish): CheckResult | undefined {
  if (!wish.verifyBackup || serverVersionNum >= 130000) return undefined;
  return failed(
    'verify backup',
    `--verify-backup needs PostgreSQL 13, the source runs ${versionText(serverVersionNum)}`,
    'leave out --verify-backup',
  );
}

function checkReplicationConnections({ replicationConnections }: SourceFacts): CheckResult {
  const { wanted, opened, error } = replicationConnections;
  if (opened >= wanted) {
    return passed('replication connections', `${wanted} of ${wanted} could be opened`);
  }
  return failed(
    'replication connections',
    `only ${opened} of ${wanted} could be opened${error === null ? '' : `: ${error}`}`,
    'check pg_hba.conf of the source ("replication" entries), max_wal_senders and the replication role',
  );
}

/** `15.18` for 150018. */
export function versionText(serverVersionNum: number): string {
  const major = Math.trunc(serverVersionNum / 10_000);
  return major >= 10
    ? `${major}.${serverVersionNum % 10_000}`
    : `${major}.${Math.trunc(serverVersionNum / 100) % 100}`;
}
