import type { LoadedSettings } from '../config/loaded-settings.ts';
import { exitStatusOf } from '../domain/errors/exit-codes.ts';
import { RepmgrError } from '../domain/errors/repmgr-error.ts';
import type { NodeId } from '../domain/node.ts';
import type { Adapters } from '../ports/adapters.ts';
import type { DaemonLog, LogDestination } from '../ports/logger.ts';
import type { PeerServer, PeerServerOptions } from '../ports/peer-server.ts';
import { type DaemonOptions as CommandLineOptions, parseDaemonCommandLine } from './command-line.ts';
import { Daemon } from './daemon.ts';
import { GuardianLink } from './guardian/guardian-link.ts';
import { launchDaemon, selfCommand } from './launch-daemon.ts';
import { connectToLauncher, type Launcher } from './launched-process.ts';
import { messageOf, type Node } from './node.ts';
import { createNotificationQueue } from './notifications.ts';
import { createPidFile, resolvePidFilePath } from './pid-file.ts';
import { logDestinationOf, reloadSettings } from './reload-settings.ts';
import { prepare } from './start-up.ts';
import type { JsonFile } from './state-store.ts';

const notificationGraceMs = 5_000;

/** The world as `bin/` joins it for the daemon. */
export interface DaemonSurroundings {
  readonly isRoot: boolean;
  readonly environment: NodeJS.ProcessEnv;
  readonly write: { readonly stdout: (text: string) => void; readonly stderr: (text: string) => void };
  readonly loadSettings: (request: { configFile?: string }) => Promise<LoadedSettings>;
  readonly loadAdapters: () => Adapters;
  readonly openLog: (destination: LogDestination) => DaemonLog;
  readonly createPeerServer: (options: PeerServerOptions) => PeerServer;
  readonly openJsonFile: (path: string, hint: string) => JsonFile;
}

/** Runs `repmgrd`; resolves with its exit status when it has ended. */
export async function main(argv: readonly string[], surroundings: DaemonSurroundings): Promise<number> {
  const { write } = surroundings;
  const launcher = connectToLauncher(surroundings.environment);
  const tell = launcher?.write ?? write.stderr;
  try {
    const commandLine = parseDaemonCommandLine(argv);
    if (commandLine.kind === 'help' || commandLine.kind === 'version') {
      write.stdout(commandLine.kind === 'help' ? commandLine.text : `${commandLine.text}\n`);
      return 0;
    }
    if (surroundings.isRoot) return refuseRoot(tell);
    const { options } = commandLine;
    const settings = await readSettings(surroundings, options);
    const pidFilePath = pidFilePathOf(options, settings, surroundings);
    if (commandLine.kind === 'showPidFile') {
      write.stdout(`${pidFilePath ?? ''}\n`);
      return 0;
    }
    for (const warning of settings.warnings) tell(`WARNING: ${warning}\n`);
    if (options.daemonize && launcher === undefined) {
      return await launchDaemon({ self: selfCommand(), write: write.stderr });
    }
    return await run({ surroundings, options, settings, pidFilePath, launcher });
  } catch (error) {
    return report(error, tell);
  }
}

function refuseRoot(tell: (text: string) => void): number {
  tell('ERROR: repmgrd cannot be run as root\nHINT: run it as the user that owns the data directory\n');
  return exitStatusOf.BAD_CONFIG;
}

async function readSettings(
  surroundings: DaemonSurroundings,
  options: CommandLineOptions,
): Promise<LoadedSettings> {
  const loaded = await surroundings.loadSettings(
    options.configFile === undefined ? {} : { configFile: options.configFile },
  );
  const settings = {
    ...loaded.settings,
    ...(options.logLevel === undefined
      ? {}
      : { log_level: options.logLevel as LoadedSettings['settings']['log_level'] }),
    ...(options.monitoringHistory ? { monitoring_history: true } : {}),
  };
  return { ...loaded, settings };
}

function pidFilePathOf(
  options: CommandLineOptions,
  { settings }: LoadedSettings,
  { environment }: DaemonSurroundings,
): string | undefined {
  return resolvePidFilePath({
    none: options.noPidFile,
    option: options.pidFile,
    configured: settings.repmgrd_pid_file,
    temporaryDirectory: environment['TMPDIR'],
  });
}

interface Run {
  readonly surroundings: DaemonSurroundings;
  readonly options: CommandLineOptions;
  readonly settings: LoadedSettings;
  readonly pidFilePath: string | undefined;
  readonly launcher: Launcher | undefined;
}

async function run({ surroundings, options, settings, pidFilePath, launcher }: Run): Promise<number> {
  const log = surroundings.openLog(logDestinationOf(settings));
  const ending = new AbortController();
  const node = createNode(surroundings.loadAdapters(), { settings, log, ending: ending.signal });
  const pidFile = pidFilePath === undefined ? undefined : await createPidFile(pidFilePath);
  try {
    const guardian = new GuardianLink(node);
    await guardian.meet();
    const preparation = await prepare(node, surroundings.openJsonFile);
    const daemon = new Daemon({
      node,
      ...preparation,
      guardian,
      createPeerServer: surroundings.createPeerServer,
    });
    let reloaded = Promise.resolve();
    const ended = untilAskedToEnd(() => {
      reloaded = reloaded.then(() =>
        reloadSettings({
          node,
          log,
          read: () => readSettings(surroundings, options),
          apply: (changed) => daemon.applySettings(changed),
        }),
      );
    });
    launcher?.enterDirectoryOf(settings.configFile);
    await daemon.start();
    log.notice(`repmgrd for node "${settings.settings.node_name}" (ID: ${node.nodeId}) is ready`);
    launcher?.ready();
    log.notice(`${await ended} received, ending`);
    await daemon.end();
    await node.notifications.finish(notificationGraceMs);
    return 0;
  } catch (error) {
    log.error(messageOf(error), detailsOf(error));
    throw error;
  } finally {
    ending.abort();
    await pidFile?.remove();
    await log.close();
  }
}

function createNode(
  adapters: Adapters,
  { settings, log, ending }: { settings: LoadedSettings; log: DaemonLog; ending: AbortSignal },
): Node {
  const node: Node = {
    nodeId: settings.settings.node_id as NodeId,
    adapters,
    log,
    ending,
    settings,
    localServer: adapters.localServer(settings.settings),
    notifications: createNotificationQueue({
      runner: adapters.runner,
      clock: adapters.clock,
      log,
      settings: () => node.settings,
    }),
  };
  return node;
}

/** Signals only set things going; what they cause happens in the ordinary course (a handler runs nothing itself). */
function untilAskedToEnd(onReload: () => void): Promise<string> {
  process.on('SIGHUP', onReload);
  return new Promise((resolve) => {
    for (const name of ['SIGTERM', 'SIGINT'] as const) process.once(name, () => resolve(name));
  });
}

function detailsOf(error: unknown): { detail?: string | undefined; hint?: string | undefined } {
  return error instanceof RepmgrError ? { detail: error.detail, hint: error.hint } : {};
}

function report(error: unknown, tell: (text: string) => void): number {
  const { detail, hint } = detailsOf(error);
  tell(`ERROR: ${messageOf(error)}\n`);
  if (detail !== undefined) tell(`DETAIL: ${detail}\n`);
  if (hint !== undefined) tell(`HINT: ${hint}\n`);
  if (error instanceof RepmgrError) return exitStatusOf[error.exit];
  tell(
    `${error instanceof Error ? (error.stack ?? '') : ''}\nThis is a fault of repmgrd: please report it.\n`,
  );
  return exitStatusOf.INTERNAL;
}
