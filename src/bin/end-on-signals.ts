/** What a shell reports for a program ended by SIGINT. */
const interruptedStatus = 130;

/**
 * One Ctrl-C may come twice: from the terminal to the whole process group, and once more from whoever started this
 * program and passes it on.
 */
const sameSignalMs = 1_000;

/**
 * Aborts at the first signal, so that what was begun can be undone. A later one ends the program at once.
 */
export function endOnSignals(): AbortSignal {
  const controller = new AbortController();
  let firstAtMs: number | undefined;
  const onSignal = (): void => {
    firstAtMs ??= performance.now();
    controller.abort();
    if (performance.now() - firstAtMs < sameSignalMs) return;
    process.stderr.write('ERROR: ended at once; what was begun has not been undone\n');
    process.exit(interruptedStatus);
  };
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, onSignal);
  return controller.signal;
}
