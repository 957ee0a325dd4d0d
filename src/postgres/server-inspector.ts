import type { ServerInspector } from '../ports/server-inspector.ts';
import { readControlState, readTablespaceLocations, readTotalDataBytes } from './queries/cluster-state.ts';
import { readConfigurationFiles } from './queries/configuration-files.ts';
import { hasReplicationAttribute, isSuperuser, mayCheckpoint, mayPromote } from './queries/privileges.ts';
import { readAttachment, readReplicationRows } from './queries/replication.ts';
import { identifySystem, readTimelineHistory } from './queries/replication-commands.ts';
import { createPhysicalSlot, dropSlot, readReplicationSlots } from './queries/replication-slots.ts';
import { alterSystem, readSettings, reloadConfiguration } from './queries/settings.ts';
import { prepareWalMarks, writeWalMark } from './queries/wal-mark.ts';
import { readRecoveryState, readWalPositions } from './queries/wal-positions.ts';

/** Asks servers of PostgreSQL 12 to 18. */
export function createServerInspector(): ServerInspector {
  return {
    recoveryState: readRecoveryState,
    walPositions: readWalPositions,
    replicationRows: readReplicationRows,
    attachmentOf: readAttachment,
    prepareWalMarks,
    writeWalMark,
    replicationSlots: readReplicationSlots,
    settings: readSettings,
    controlState: readControlState,
    totalDataBytes: readTotalDataBytes,
    isSuperuser,
    hasReplicationAttribute,
    mayPromote,
    mayCheckpoint,
    configurationFiles: readConfigurationFiles,
    tablespaceLocations: readTablespaceLocations,
    identifySystem,
    timelineHistory: readTimelineHistory,
    createPhysicalSlot,
    dropSlot,
    async promote(connection) {
      // wait => true would look at the outcome every 100 ms only; the caller watches more closely.
      await connection.query('SELECT pg_promote(false, 60)');
    },
    async checkpoint(connection, timeoutMs) {
      await connection.query('CHECKPOINT', undefined, { timeoutMs });
    },
    reloadConfiguration,
    alterSystem,
  };
}
