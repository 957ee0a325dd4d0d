import { main } from '../cli/main.ts';
import type { TextSink } from '../cli/output/output.ts';
import type { ProgramIo } from '../cli/program-io.ts';
import type { Surroundings } from '../cli/run-command.ts';
import { wantsColour } from '../observability/wants-colour.ts';

const surroundings: Surroundings = {
  loadSettings: async (request) => {
    const { loadSettings } = await import('../config/load-settings.ts');
    // $PWD keeps symbolic links, which getcwd() does not.
    return loadSettings({ ...request, cwd: process.env['PWD'] ?? process.cwd() });
  },
  loadAdapters: async () => (await import('./compose-adapters.ts')).composeAdapters(),
  openConsoleLog: async (options) => {
    const { openConsoleLog } = await import('../observability/logger/open-console-log.ts');
    return openConsoleLog(options);
  },
  openDaemonLog: async (options) => {
    const { openDaemonLog } = await import('../observability/logger/open-daemon-log.ts');
    return openDaemonLog({ ...options, program: 'repmgr' });
  },
};

function createSink(stream: NodeJS.WriteStream): TextSink {
  // Whoever reads only the beginning of the output (head) closes the pipe; that is no failure.
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    columns: stream.columns,
    hasColour: wantsColour(stream, process.env),
  };
}

/** Aborts at the first signal; a second one ends the program at once. */
function endOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.once(name, () => {
      controller.abort();
      process.once(name, () => process.exit(130));
    });
  }
  return controller.signal;
}

const io: ProgramIo = {
  stdout: createSink(process.stdout),
  stderr: createSink(process.stderr),
  effectiveUserId: process.geteuid?.() ?? -1,
  signal: endOnSignals(),
};

void main(process.argv.slice(2), io, surroundings).then((status) => {
  process.exitCode = status;
  // Pipes are written asynchronously: leave only when all is out.
  process.stdout.write('', () => process.stderr.write('', () => process.exit()));
});
