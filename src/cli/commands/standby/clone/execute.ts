import type { LoadedSettings } from '../../../../config/loaded-settings.ts';
import type { ExitName } from '../../../../domain/errors/exit-codes.ts';
import { ConfigurationError } from '../../../../domain/errors/repmgr-error.ts';
import { settleCopies } from '../../../../operations/journal/settle-journal.ts';
import { withConnection } from '../../../../operations/with-connection.ts';
import { applyOptionsToSettings } from '../../../apply-options-to-settings.ts';
import type { CommandContext, CommandRun } from '../../../command.ts';
import { cloneFromSource } from './clone-from-source.ts';
import { gatherClone } from './gather-clone.ts';
import { reportPreflight } from './preflight-report.ts';
import { writeReplicationConfigurationOnly } from './replication-conf-only.ts';

/** `repmgr standby clone`: makes the data directory of a standby; neither starts nor registers it. */
export const run: CommandRun = async (given) => {
  const settings = applyOptionsToSettings(given.settings, given.options);
  const context = withPositionalHost({ ...given, settings: withTarget(settings, given.options.pgdata) });
  refuseOtherModes(context);
  if (context.options['replication-conf-only']) return writeReplicationConfigurationOnly(context);
  return clone(context);
};

async function clone(context: CommandContext): Promise<ExitName> {
  const { adapters, connectionParameters, signal } = context;
  return withConnection(
    () => adapters.connections.connect(connectionParameters, { signal }),
    async (connection) => {
      if (!context.options['dry-run']) await settleCopies(context, { includesDirect: true });
      const prepared = await gatherClone(context, connection);
      try {
        reportPreflight(context, prepared.checks);
        return await cloneFromSource(context, prepared);
      } finally {
        if (prepared.source.primary !== connection) await prepared.source.primary?.close();
      }
    },
  );
}

/** Without a configuration file the place comes from -D alone. */
function withTarget(loaded: LoadedSettings, pgdata: string | undefined): LoadedSettings {
  if (pgdata === undefined || loaded.settings.data_directory !== '') return loaded;
  return { ...loaded, settings: { ...loaded.settings, data_directory: pgdata.replace(/(.)\/+$/, '$1') } };
}

/** The historic form `repmgr standby clone HOST`. */
function withPositionalHost(context: CommandContext): CommandContext {
  const [host] = context.positionals;
  if (host === undefined || context.connectionParameters.has('host')) return context;
  return { ...context, connectionParameters: new Map([['host', host], ...context.connectionParameters]) };
}

function refuseOtherModes({ settings, options }: CommandContext): void {
  const { barman_host: barmanHost, pg_backupapi_host: apiHost } = settings.settings;
  if (options['replication-conf-only']) return;
  if (barmanHost !== '' && !options['without-barman']) {
    throw new ConfigurationError('cloning from Barman ("barman_host") is not supported yet', {
      hint: 'use --without-barman to copy the running source with pg_basebackup',
    });
  }
  if (apiHost !== '') {
    throw new ConfigurationError('cloning by pg-backup-api ("pg_backupapi_host") is not supported yet', {
      hint: 'remove pg_backupapi_host from repmgr.conf to copy the running source with pg_basebackup',
    });
  }
}
