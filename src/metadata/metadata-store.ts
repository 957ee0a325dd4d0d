import type { MetadataStore } from '../ports/metadata-store.ts';
import { ensureClusterKey, readClusterKey } from './cluster-key.ts';
import { putDaemonAddress, readDaemonAddresses } from './daemons.ts';
import { insertEvent, readEvents, readEventsWithin } from './events.ts';
import { migrateSchema } from './migrate.ts';
import {
  countMonitoringHistory,
  deleteMonitoringHistory,
  insertMonitoringSample,
  vacuumMonitoringHistory,
} from './monitoring-history.ts';
import {
  deleteNode,
  insertNode,
  readNode,
  readNodeByName,
  readNodes,
  readRecordedPrimary,
  recordPromotion,
  recordStandby,
  setActive,
  setSlotName,
  setUpstream,
  updateNode,
} from './nodes.ts';
import { readRegistrationFingerprint } from './registration-fingerprint.ts';
import { readSchemaState } from './schema-state.ts';
import { inTransaction } from './transaction.ts';
import { readVotingTerm, setVotingTerm } from './voting-term.ts';

/** The tables of schema `repmgr`, by plain SQL. */
export function createMetadataStore(): MetadataStore {
  return {
    schemaState: readSchemaState,
    migrate: migrateSchema,
    nodes: readNodes,
    node: readNode,
    nodeByName: readNodeByName,
    recordedPrimary: readRecordedPrimary,
    insertNode,
    updateNode,
    deleteNode,
    setActive,
    setUpstream,
    setSlotName,
    recordStandby,
    recordPromotion,
    transaction: inTransaction,
    setVotingTerm,
    votingTerm: readVotingTerm,
    insertEvent,
    events: readEvents,
    eventsWithin: readEventsWithin,
    insertMonitoringSample,
    countMonitoringHistory,
    deleteMonitoringHistory,
    vacuumMonitoringHistory,
    daemonAddresses: readDaemonAddresses,
    putDaemonAddress,
    registrationFingerprint: readRegistrationFingerprint,
    clusterKey: readClusterKey,
    ensureClusterKey,
  };
}
