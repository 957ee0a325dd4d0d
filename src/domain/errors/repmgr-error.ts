import type { ExitName } from './exit-codes.ts';

/** Evidence attached to an error or a log record: node, host, file, LSN … Values must be printable. */
export type Facts = Readonly<Record<string, string | number | boolean | null>>;

export interface ErrorOptions {
  /** Exit status of the command that fails with this error; each class has a sensible default. */
  readonly exit?: ExitName;
  readonly detail?: string;
  /** What to do next, in the imperative. */
  readonly hint?: string;
  readonly facts?: Facts;
  readonly cause?: unknown;
}

/**
 * Root of everything this project throws. Expected outcomes ("no quorum", "not eligible") are values and
 * never errors. Only `cli/main.ts` and `daemon/main.ts` print one, only `bin/` turns it into an exit.
 */
export abstract class RepmgrError extends Error {
  readonly exit: ExitName;
  readonly detail: string | undefined;
  readonly hint: string | undefined;
  readonly facts: Facts | undefined;

  constructor(message: string, defaultExit: ExitName, options: ErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.exit = options.exit ?? defaultExit;
    this.detail = options.detail;
    this.hint = options.hint;
    this.facts = options.facts;
  }
}

/** The command line is wrong: unknown option, missing argument, options that exclude each other. */
export class UsageError extends RepmgrError {
  /** Every problem found, not only the first. */
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options: ErrorOptions = {}) {
    super(problems.join('\n'), 'BAD_CONFIG', options);
    this.problems = problems;
  }
}

/** repmgr.conf or a conninfo string is wrong or unreadable. */
export class ConfigurationError extends RepmgrError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, 'BAD_CONFIG', options);
  }
}

/** A server or daemon could not be reached or refused us. `facts` name node, host and port. */
export class ConnectionFailed extends RepmgrError {
  /** SQLSTATE of the server's refusal, where there was one. */
  readonly sqlState: string | undefined;
  /** Its address was known, and nothing came back from there in the time that it had. */
  readonly isSilent: boolean;

  constructor(
    message: string,
    options: ErrorOptions & { readonly sqlState?: string | undefined; readonly isSilent?: boolean } = {},
  ) {
    super(message, 'DB_CONN', options);
    this.sqlState = options.sqlState;
    this.isSilent = options.isSilent ?? false;
  }
}

/** A query failed on a working connection. */
export class QueryFailed extends RepmgrError {
  readonly sqlState: string | undefined;

  constructor(message: string, options: ErrorOptions & { readonly sqlState?: string | undefined } = {}) {
    super(message, 'DB_QUERY', options);
    this.sqlState = options.sqlState;
  }
}

/** A program run on this host failed, was not found or took too long. */
export class LocalCommandFailed extends RepmgrError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, 'LOCAL_COMMAND', options);
  }
}

/** Checks before an operation found obstacles; `problems` carries all of them. */
export class PreflightFailed extends RepmgrError {
  readonly problems: readonly string[];

  constructor(message: string, problems: readonly string[], options: ErrorOptions = {}) {
    super(message, 'BAD_CONFIG', options);
    this.problems = problems;
  }
}

/** An operation began and could not be completed; `facts.step` says where it stopped. */
export class OperationFailed extends RepmgrError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, 'INTERNAL', options);
  }
}

/** Ended on the user's request (SIGINT, SIGTERM) or by an AbortSignal. */
export class Cancelled extends RepmgrError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, 'INTERNAL', options);
  }
}

/** Something that cannot happen did. Printed with a trace and a request to report it. */
export class InternalBug extends RepmgrError {
  constructor(message: string, options: ErrorOptions = {}) {
    super(message, 'INTERNAL', options);
  }
}
