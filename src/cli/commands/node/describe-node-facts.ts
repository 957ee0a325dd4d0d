import { formatLsn, type Lsn } from '../../../domain/lsn.ts';
import { describeNode } from '../../../domain/node.ts';
import { prettySize } from '../../../domain/pretty-size.ts';
import type { NodeFacts } from './gather-node-facts.ts';

/** A line of `node status`; undefined where it is left out of text or CSV. */
export interface Fact {
  readonly key: string;
  readonly text: string | undefined;
  readonly csv: string | undefined;
}

/** What `node status` shows, in its order. */
export function describeFacts(facts: NodeFacts, verbose: boolean): Fact[] {
  const { node } = facts;
  const lines = [
    same('PostgreSQL version', facts.serverVersion),
    same('Total data size', facts.totalDataBytes === null ? 'unknown' : prettySize(facts.totalDataBytes)),
    same('Conninfo', node.conninfo),
    ...(verbose ? [same('System identifier', facts.systemIdentifier ?? 'unknown')] : []),
    same('Role', node.type),
    ...archivingFacts(facts),
    same('Replication connections', `${facts.occupiedWalSenders} (of maximal ${facts.maxWalSenders})`),
    same('Replication slots', describeSlots(facts)),
  ];
  return [...lines, ...standbyFacts(facts)];
}

function same(key: string, value: string): Fact {
  return { key, text: value, csv: value };
}

function archivingFacts(facts: NodeFacts): Fact[] {
  const { archiveMode, archiveCommand, pendingArchiveFiles: pending } = facts;
  const fixed = [
    same('WAL archiving', describeArchiving(facts)),
    same('Archive command', archiveCommand === '' ? '(none)' : archiveCommand),
  ];
  if (archiveMode === 'off') return fixed;
  const key = 'WALs pending archiving';
  if (pending === null) return [...fixed, same(key, 'unknown')];
  return [...fixed, { key, text: `${pending} pending files`, csv: String(pending) }];
}

function describeArchiving({ archiveMode, recoveryState }: NodeFacts): string {
  if (archiveMode === 'off') return 'off';
  if (recoveryState === 'primary' || archiveMode === 'always') return 'enabled';
  return 'disabled (on standbys "archive_mode" must be set to "always" to be effective)';
}

function describeSlots({ maxReplicationSlots, activeSlots, inactiveSlots, missingSlots }: NodeFacts): string {
  if (maxReplicationSlots === 0) return 'disabled';
  const total = activeSlots.length + inactiveSlots.length;
  const inactive = inactiveSlots.length > 0 ? `; ${inactiveSlots.length} inactive` : '';
  return `${total} physical (of maximal ${maxReplicationSlots}; ${missingSlots.length} missing)${inactive}`;
}

function standbyFacts({ node, upstream, positions }: NodeFacts): Fact[] {
  const isStandby = node.type === 'standby';
  const onlyOnStandby = (key: string, value: string): Fact => ({
    key,
    text: isStandby ? value : undefined,
    csv: value,
  });
  const upstreamText =
    isStandby && upstream !== undefined ? `${upstream.nodeName} (ID: ${upstream.nodeId})` : '(none)';
  const lag = positions.replayLagSecs === null ? 'unknown' : `${positions.replayLagSecs} seconds`;
  return [
    onlyOnStandby('Upstream node', upstreamText),
    same('Replication lag', isStandby ? lag : 'n/a'),
    onlyOnStandby('Last received LSN', lsnText(isStandby ? positions.receivedLsn : null)),
    onlyOnStandby('Last replayed LSN', lsnText(isStandby ? positions.replayedLsn : null)),
  ];
}

function lsnText(lsn: Lsn | null): string {
  return lsn === null ? '(none)' : formatLsn(lsn);
}

export interface FactCount {
  readonly key: string;
  readonly count: number;
  readonly names: readonly string[];
}

/** The numbers that follow in the CSV output. */
export function countsOf(facts: NodeFacts): FactCount[] {
  return [
    { key: 'max_wal_senders', count: facts.maxWalSenders, names: [] },
    { key: 'occupied_wal_senders', count: facts.occupiedWalSenders, names: [] },
    { key: 'max_replication_slots', count: facts.maxReplicationSlots, names: [] },
    { key: 'active_replication_slots', count: facts.activeSlots.length, names: [] },
    { key: 'inactive_replication_slots', count: facts.inactiveSlots.length, names: facts.inactiveSlots },
    { key: 'missing_replication_slots', count: facts.missingSlots.length, names: facts.missingSlots },
  ];
}

/** What is not as it should be, one sentence each. */
export function warningsOf(facts: NodeFacts, verbose: boolean): string[] {
  const { node, recoveryState } = facts;
  const warnings: string[] = [];
  if (node.type !== 'witness' && node.type !== recoveryState) {
    warnings.push(`the node is registered as ${node.type} but runs as ${recoveryState}`);
  }
  if (verbose && facts.systemIdentifier === null) {
    warnings.push('the control file could not be read, so the system identifier is unknown');
  }
  if (facts.archiveMode !== 'off' && facts.pendingArchiveFiles === null) {
    warnings.push('the folder "pg_wal/archive_status" could not be read');
  }
  if (facts.detached.length > 0) {
    warnings.push(
      `registered downstream nodes are not attached: ${facts.detached.map(describeNode).join(', ')}`,
    );
  }
  if (facts.missingSlots.length > 0) {
    warnings.push(`replication slots of downstream nodes are missing: ${facts.missingSlots.join(', ')}`);
  }
  if (facts.inactiveSlots.length > 0) {
    warnings.push(`physical replication slots are inactive: ${facts.inactiveSlots.join(', ')}`);
  }
  return warnings;
}
