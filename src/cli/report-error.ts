import { exitStatusOf } from '../domain/errors/exit-codes.ts';
import { InternalBug, OperationFailed, RepmgrError, UsageError } from '../domain/errors/repmgr-error.ts';
import type { Logger } from '../ports/logger.ts';
import type { TextSink } from './output/output.ts';
import type { ProgramIo } from './program-io.ts';

/** What a shell reports for a program ended by SIGINT. */
const interruptedStatus = 130;

/** Tells why a command ended with an error; returns the exit status. */
export function endWithError(error: unknown, log: Logger, { signal, stderr }: ProgramIo): number {
  if (signal.aborted) {
    // What was begun and could not be ended has to be known; all other errors are but the interruption.
    if (error instanceof OperationFailed) reportError(error, log, stderr);
    log.error('interrupted');
    return interruptedStatus;
  }
  reportError(error, log, stderr);
  return statusOf(error);
}

function statusOf(error: unknown): number {
  const exit = (error as { exit?: unknown }).exit;
  return typeof exit === 'string' && exit in exitStatusOf
    ? exitStatusOf[exit as keyof typeof exitStatusOf]
    : exitStatusOf.INTERNAL;
}

/** Prints an error that ended a command: message, DETAIL and HINT; a trace only for our own bugs. */
function reportError(error: unknown, log: Logger, stderr: TextSink): void {
  if (error instanceof UsageError) {
    const last = error.problems.length - 1;
    for (const [index, problem] of error.problems.entries()) {
      log.error(problem, index === last ? { hint: error.hint } : {});
    }
    return;
  }
  if (error instanceof RepmgrError && !(error instanceof InternalBug)) {
    log.error(error.message, { detail: detailOf(error), hint: error.hint });
    return;
  }
  const message = error instanceof Error ? error.message : String(error);
  log.error(`this should not have happened: ${message}`, {
    hint: 'please report it together with the lines below and the command line',
  });
  if (error instanceof Error && error.stack !== undefined) stderr.write(`${error.stack}\n`);
}

/** The error's own detail, else what caused it where that says something new. */
function detailOf(error: RepmgrError): string | undefined {
  if (error.detail !== undefined) return error.detail;
  const cause = error.cause;
  if (!(cause instanceof Error) || cause.message === '' || error.message.includes(cause.message))
    return undefined;
  return cause.message;
}
