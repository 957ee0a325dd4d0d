import { Cancelled, LocalCommandFailed } from '../../domain/errors/repmgr-error.ts';
import type { StopMode } from '../../ports/local-server.ts';
import type { ServerContext } from './server-context.ts';
import { choosesLogFile, commandLine, type ServiceAction, serviceCommand } from './service-commands.ts';

export interface ServiceRun {
  readonly action: ServiceAction;
  readonly timeoutMs: number;
  readonly wait?: boolean;
  readonly mode?: StopMode;
  readonly signal?: AbortSignal | undefined;
}

/** pg_ctl keeps its own limit (PGCTLTIMEOUT); this much later it is ended from outside. */
const graceMs = 2_000;
const shownLogLines = 12;

/**
 * Runs the service command of repmgr.conf for an action, else pg_ctl.
 *
 * A postmaster started by pg_ctl inherits standard output and error; ours are pipes that close when pg_ctl has
 * ended, and what the server writes afterwards would be lost. So the output goes to `log/startup.log` of the
 * data directory, unless pg_ctl_options have a -l of their own. With logging_collector only the first lines go
 * there, without it everything: then a service command, or -l in pg_ctl_options, is the better choice.
 * @throws LocalCommandFailed, Cancelled
 */
export async function runService(context: ServerContext, run: ServiceRun): Promise<void> {
  const logFile = await ownLogFile(context, run.action);
  const logSizeBefore = logFile === undefined ? 0 : ((await context.files.status(logFile))?.sizeBytes ?? 0);
  const line = commandLine(context.settings, run.action, {
    ...(run.wait === undefined ? {} : { wait: run.wait }),
    ...(run.mode === undefined ? {} : { mode: run.mode }),
    ...(logFile === undefined ? {} : { logFile }),
  });
  const result = await context.runner.run({
    command: line,
    shell: true,
    env: {
      PGCTLTIMEOUT: String(Math.max(1, Math.ceil(run.timeoutMs / 1000))),
      // Else the server would report its state to the service manager in the name of this process.
      NOTIFY_SOCKET: undefined,
    },
    timeoutMs: run.timeoutMs + graceMs,
    ...(run.signal === undefined ? {} : { signal: run.signal }),
  });
  if (result.cancelled) {
    throw new Cancelled(`waiting for "${line}" was cancelled`, { cause: run.signal?.reason });
  }
  if (result.exitStatus === 0) return;
  const how = result.timedOut
    ? `took longer than ${Math.round(run.timeoutMs / 1000)} s`
    : `ended with status ${result.exitStatus ?? result.signalName}`;
  const log = logFile === undefined ? '' : await logSince(context, logFile, logSizeBefore);
  throw new LocalCommandFailed(
    `unable to ${run.action} the server in "${context.settings.data_directory}": "${line}" ${how}`,
    {
      detail: [lastLines(result.stdout), lastLines(result.stderr), log]
        .filter((text) => text !== '')
        .join('\n'),
      hint:
        logFile === undefined
          ? 'look into the log of PostgreSQL and of the service manager'
          : `look into "${logFile}" and the log of PostgreSQL`,
      facts: { action: run.action, exitStatus: result.exitStatus, timedOut: result.timedOut },
    },
  );
}

async function ownLogFile(
  { settings, files }: ServerContext,
  action: ServiceAction,
): Promise<string | undefined> {
  if (action !== 'start' && action !== 'restart') return undefined;
  if (serviceCommand(settings, action) !== undefined || choosesLogFile(settings.pg_ctl_options))
    return undefined;
  const folder = `${settings.data_directory}/log`;
  if (!(await files.exists(folder))) await files.makeDirectory(folder);
  return `${folder}/startup.log`;
}

/** The end of what the server has written since the file had `sizeBefore` bytes. */
async function logSince({ files }: ServerContext, logFile: string, sizeBefore: number): Promise<string> {
  const content = await files.readBytes(logFile);
  if (content === undefined) return '';
  return lastLines(Buffer.from(content).subarray(sizeBefore).toString('utf8'));
}

function lastLines(text: string): string {
  return text.trimEnd().split('\n').slice(-shownLogLines).join('\n');
}
