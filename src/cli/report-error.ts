import { InternalBug, RepmgrError, UsageError } from '../domain/errors/repmgr-error.ts';
import type { Logger } from '../ports/logger.ts';
import type { TextSink } from './output/output.ts';

/** Prints an error that ended a command: message, DETAIL and HINT; a trace only for our own bugs. */
export function reportError(error: unknown, log: Logger, stderr: TextSink): void {
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
