import { closeSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Tells a process that it was started by {@link launchDaemon} and has somebody waiting for it. */
export const launchedVariable = 'REPMGRD_LAUNCHED';
/**
 * Standard input, output and error of the daemon are /dev/null from the beginning, as they can't be replaced
 * safely in a running process; until it is ready it talks to its launcher through a pipe of this number.
 */
export const messageDescriptor = 3;
export const readyMark = '\0';

/** The daemon's end of its connection with the process that launched it. */
export interface Launcher {
  /** Shows text to whoever started the daemon; does nothing once it is ready, or nobody listens any more. */
  readonly write: (text: string) => void;
  /** Goes to where the configuration file is, or to / without one, so as to keep no file system busy. */
  enterDirectoryOf(configFile: string | undefined): void;
  /** Lets the launching process end with status 0. */
  ready(): void;
}

/** Undefined when the daemon runs in the foreground. To be called once, early. */
export function connectToLauncher(environment: NodeJS.ProcessEnv = process.env): Launcher | undefined {
  if (environment[launchedVariable] === undefined) return undefined;
  // Scripts that we run may start another repmgrd; it isn't ours to wait for.
  delete environment[launchedVariable];
  let isConnected = true;
  const write = (text: string): void => {
    if (isConnected) isConnected = writeToLauncher(text.replaceAll(readyMark, ''));
  };
  const reportCrash = (error: Error): void => write(`${error.stack ?? String(error)}\n`);
  process.on('uncaughtExceptionMonitor', reportCrash);
  return {
    write,
    enterDirectoryOf: (configFile) => process.chdir(configFile === undefined ? '/' : dirname(configFile)),
    ready: () => {
      process.removeListener('uncaughtExceptionMonitor', reportCrash);
      if (!isConnected) return;
      writeToLauncher(readyMark);
      isConnected = false;
      closeSync(messageDescriptor);
    },
  };
}

/** False when the launcher is gone, which is no reason for the daemon not to start. */
function writeToLauncher(text: string): boolean {
  const bytes = Buffer.from(text, 'utf8');
  let written = 0;
  try {
    while (written < bytes.length) written += writeSync(messageDescriptor, bytes, written);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return false;
    throw error;
  }
}
