import type { LocalServerSettings } from '../../ports/adapters.ts';
import type { LocalServer } from '../../ports/local-server.ts';
import {
  readReplicationSetting,
  writeReplicationConfiguration,
} from '../configuration/replication-configuration.ts';
import {
  hasStandbySignal,
  removeStandbySignal,
  writeStandbySignal,
} from '../configuration/standby-signal.ts';
import { readControlData } from '../control-data.ts';
import { findEndOfWal, type WalPosition } from '../wal/end-of-wal.ts';
import {
  forgetTimelinesAfter,
  releaseTimelines,
  reserveTimeline,
  timelinesWithHistory,
} from '../wal/timelines.ts';
import { createWalDump } from '../wal/wal-dump.ts';
import { fenceServer } from './fence.ts';
import { removeLockFilesOfTheDead } from './remove-lock-files-of-the-dead.ts';
import { runService } from './run-service.ts';
import type { ServerContext, ServerHost } from './server-context.ts';
import { readProcessState } from './server-processes.ts';
import { commandLine, serviceCommand } from './service-commands.ts';
import { untilReady, untilStopped } from './wait-for-server.ts';

/** The PostgreSQL instance of this host that `settings` describe. */
export function createLocalServer(settings: LocalServerSettings, host: ServerHost): LocalServer {
  const context: ServerContext = { ...host, settings };
  const control = () =>
    readControlData(host.runner, { directory: settings.data_directory, pgBindir: settings.pg_bindir });
  const releaseReservations = async () => releaseTimelines(context, await control());
  return {
    dataDirectory: settings.data_directory,
    majorVersion: () => readMajorVersion(context),
    controlData: control,
    processState: () => readProcessState(context),
    ...serviceActions(context, releaseReservations),
    fence: (limits) => fenceServer(context, limits),
    removeRecycledPidFile: () => removeLockFilesOfTheDead(context),
    writeStandbySignal: () => writeStandbySignal(context),
    removeStandbySignal: () => removeStandbySignal(context),
    hasStandbySignal: () => hasStandbySignal(context),
    writeReplicationConfiguration: (configuration) => writeReplicationConfiguration(context, configuration),
    autoConfValue: (name) => readReplicationSetting(context, name),
    reserveTimeline: (timeline) => reserveTimeline(context, timeline),
    releaseTimelines: releaseReservations,
    forgetTimelinesAfter: (timeline) => forgetTimelinesAfter(context, timeline),
    knownTimelines: async () => (await timelinesWithHistory(context)).map(({ timeline }) => timeline),
    endOfWal: () => endOfWal(context),
  };
}

type ServiceActions = Pick<
  LocalServer,
  'start' | 'stop' | 'restart' | 'reload' | 'promote' | 'describe' | 'hasServiceCommand'
>;

function serviceActions(context: ServerContext, releaseReservations: () => Promise<unknown>): ServiceActions {
  const { settings, clock } = context;
  return {
    async start(options) {
      const startedAt = clock.monotonicMs();
      await removeLockFilesOfTheDead(context);
      const isStopped = (await readProcessState(context)).kind !== 'running';
      if (isStopped && (await hasStandbySignal(context))) await releaseReservations();
      await runService(context, { action: 'start', ...options });
      // pg_ctl -w has waited already; of service commands nobody knows.
      const leftMs = options.timeoutMs - (clock.monotonicMs() - startedAt);
      if (options.wait) await untilReady(context, { timeoutMs: Math.max(leftMs, 0), signal: options.signal });
    },
    async stop(options) {
      const startedAt = clock.monotonicMs();
      // pg_ctl -w would look every 100 ms only; untilStopped looks more often.
      await runService(context, { action: 'stop', ...options, wait: false });
      const leftMs = options.timeoutMs - (clock.monotonicMs() - startedAt);
      if (options.wait)
        await untilStopped(context, { timeoutMs: Math.max(leftMs, 0), signal: options.signal });
    },
    async restart(options) {
      await removeLockFilesOfTheDead(context);
      await runService(context, { action: 'restart', ...options });
    },
    reload: (options) => runService(context, { action: 'reload', ...options }),
    promote: (options) => runService(context, { action: 'promote', ...options }),
    describe: (action) => commandLine(settings, action),
    hasServiceCommand: (action) => serviceCommand(settings, action) !== undefined,
  };
}

async function readMajorVersion({ files, settings }: ServerContext): Promise<number | undefined> {
  const content = await files.readText(`${settings.data_directory}/PG_VERSION`);
  const version = Number.parseInt(content ?? '', 10);
  return Number.isNaN(version) ? undefined : version;
}

async function endOfWal(context: ServerContext): Promise<WalPosition | undefined> {
  const { settings, runner } = context;
  const majorVersion = await readMajorVersion(context);
  if (majorVersion === undefined) return undefined;
  const control = await readControlData(runner, {
    directory: settings.data_directory,
    pgBindir: settings.pg_bindir,
  });
  const walDump = createWalDump(runner, {
    walDirectory: `${settings.data_directory}/pg_wal`,
    pgBindir: settings.pg_bindir,
    majorVersion,
  });
  return findEndOfWal(context, control, walDump);
}
