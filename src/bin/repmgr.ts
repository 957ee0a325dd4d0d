import { main } from '../cli/main.ts';
import type { TextSink } from '../cli/output/output.ts';
import type { ProgramIo } from '../cli/program-io.ts';
import type { Surroundings } from '../cli/run-command.ts';
import { exitStatusOf } from '../domain/errors/exit-codes.ts';
import { wantsColour } from '../observability/wants-colour.ts';
import { endOnSignals } from './end-on-signals.ts';
import { workingDirectory } from './working-directory.ts';

const interrupt = endOnSignals();

const surroundings: Surroundings = {
  loadSettings: async (request) => {
    const { loadSettings } = await import('../config/load-settings.ts');
    return loadSettings({ ...request, cwd: workingDirectory() });
  },
  loadAdapters: async () => (await import('./compose-adapters.ts')).composeAdapters({ interrupt }),
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
  // What could not be written is told in the end.
  stream.on('error', () => undefined);
  return {
    write: (text) => void stream.write(text),
    isTerminal: stream.isTTY === true,
    columns: stream.columns,
    hasColour: wantsColour(stream, process.env),
  };
}

/** Whoever reads only the beginning of the output (head) closes the pipe; that is no failure. */
function lostOutput(): NodeJS.ErrnoException | undefined {
  const failure: NodeJS.ErrnoException | null = process.stdout.errored;
  return failure === null || failure.code === 'EPIPE' ? undefined : failure;
}

const io: ProgramIo = {
  stdout: createSink(process.stdout),
  stderr: createSink(process.stderr),
  effectiveUserId: process.geteuid?.() ?? -1,
  signal: interrupt,
};

void main(process.argv.slice(2), io, surroundings).then((status) => {
  // Pipes are written asynchronously: leave only when all is out.
  process.stdout.write('', () => {
    const lost = lostOutput();
    const text = lost === undefined ? '' : `ERROR: the output could not be written: ${lost.message}\n`;
    const isWorse = lost !== undefined && status === exitStatusOf.SUCCESS;
    process.stderr.write(text, () => process.exit(isWorse ? exitStatusOf.SYS_FAILURE : status));
  });
});
