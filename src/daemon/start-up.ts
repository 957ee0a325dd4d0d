import { effectiveStateDirectory } from '../config/effective-settings.ts';
import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { DurableState } from '../decisions/failover/state.ts';
import { ConfigurationError, ConnectionFailed } from '../domain/errors/repmgr-error.ts';
import type { NodeRecord } from '../domain/node.ts';
import { clusterKeyFile } from '../operations/daemon-access.ts';
import { settleCopies } from '../operations/journal/settle-journal.ts';
import { keepClusterKey, prepareIncarnation } from '../operations/prepare-voter.ts';
import { voterStateFile } from '../operations/state-directory.ts';
import type { Connection } from '../ports/connection.ts';
import { type DecisionJournal, openDecisionJournal } from './decision-journal.ts';
import { type Node, operationContext } from './node.ts';
import { createStateStore, type JsonFile, type StateStore } from './state-store.ts';

const connectLimitMs = 5_000;

export interface Preparation {
  readonly store: StateStore;
  readonly durable: DurableState;
  /** As registered; empty when the local server is down: then what the voter remembers has to do. */
  readonly nodes: readonly NodeRecord[];
  readonly clusterKey: string | undefined;
  readonly journal: DecisionJournal;
}

/**
 * What must hold before the daemon may run: this node is registered, its state can be read, its database is of
 * a release that we know. A database that is down is no obstacle for a voter that remembers its cluster: bringing
 * it back is what the daemon is for.
 * @throws ConfigurationError (exit BAD_CONFIG), ConnectionFailed (DB_CONN).
 */
export async function prepare(
  node: Node,
  openJsonFile: (path: string, hint: string) => JsonFile,
): Promise<Preparation> {
  requireSettings(node.settings);
  await settleInterrupted(node);
  const directory = effectiveStateDirectory(node.settings.settings);
  const incarnation = await prepareIncarnation(operationContext(node));
  const hint = 'restore the file from a backup of this host, or unregister and register this node again';
  const store = createStateStore(openJsonFile(`${directory}/${voterStateFile}`, hint));
  const durable = await store.load(incarnation);
  const connection = await connectUnlessVoter(node, durable);
  try {
    const nodes = connection === undefined ? [] : await requireRecord(node, connection);
    const journal = await openDecisionJournal(node, directory);
    return { store, durable, nodes, clusterKey: await findClusterKey(node, connection, directory), journal };
  } finally {
    await connection?.close();
  }
}

/** A daemon before this one may have been killed while it exchanged the data directory. */
async function settleInterrupted(node: Node): Promise<void> {
  try {
    await settleCopies(operationContext(node), { includesDirect: false });
  } catch (error) {
    node.log.warning('an operation that was interrupted is not finished yet', {
      detail: error instanceof Error ? error.message : String(error),
    });
  }
}

function requireSettings({ settings, configFile }: LoadedSettings): void {
  if (settings.node_id >= 1) return;
  throw new ConfigurationError('no configuration file was found, or it has no node_id', {
    hint: 'name it with -f; repmgr.conf.sample shows what belongs into it',
    facts: { file: configFile ?? null },
  });
}

async function connectUnlessVoter(node: Node, durable: DurableState): Promise<Connection | undefined> {
  const { adapters, settings, log } = node;
  try {
    return await adapters.connections.connect(settings.settings.conninfo, { timeoutMs: connectLimitMs });
  } catch (error) {
    if (!(error instanceof ConnectionFailed) || durable.configuration === null) throw error;
    log.warning('the local PostgreSQL lets nobody in; going on with what this voter remembers', {
      detail: error.message,
    });
    return undefined;
  }
}

async function requireRecord(node: Node, connection: Connection): Promise<readonly NodeRecord[]> {
  const { adapters, settings, nodeId } = node;
  const name = settings.settings.node_name;
  if (connection.serverVersionNum < 120_000) {
    throw new ConfigurationError(
      `PostgreSQL ${Math.trunc(connection.serverVersionNum / 10_000)} is not supported`,
      {
        hint: 'this release knows PostgreSQL 12 to 18',
      },
    );
  }
  const { kind } = await adapters.metadata.schemaState(connection);
  const nodes = kind === 'absent' ? [] : await adapters.metadata.nodes(connection);
  if (nodes.some((record) => record.nodeId === nodeId)) return nodes;
  throw new ConfigurationError(`node "${name}" (ID: ${nodeId}) is not registered`, {
    hint: 'run "repmgr primary register" or "repmgr standby register" on this node first',
    facts: { conninfo: connection.description },
  });
}

async function findClusterKey(
  node: Node,
  connection: Connection | undefined,
  directory: string,
): Promise<string | undefined> {
  const stored = connection === undefined ? undefined : await node.adapters.metadata.clusterKey(connection);
  if (stored === undefined)
    return (await node.adapters.files.readText(`${directory}/${clusterKeyFile}`))?.trim();
  await keepClusterKey(operationContext(node), stored);
  return stored;
}
