import { readFile } from 'node:fs/promises';
import { ConfigurationError, InternalBug } from '../../domain/errors/repmgr-error.ts';
import { hasCode } from './file-failure.ts';
import { writeFileDurably } from './write-file-durably.ts';

export interface DurableJsonFile {
  readonly path: string;
  /**
   * The parsed content; undefined when there is no file.
   * @throws ConfigurationError when it can't be read or isn't JSON.
   */
  read(): Promise<unknown>;
  /**
   * Resolves when `value`, or a later one that replaced it before it was written, survives a power cut. The
   * value is taken as it is at the time of the call.
   * @throws OperationFailed
   */
  write(value: unknown): Promise<void>;
}

export interface DurableJsonFileOptions {
  readonly path: string;
  /** What to do about a file that can't be used, for the error's hint. */
  readonly hint: string;
}

/** A small JSON file, replaced in one step, mode 0600. Only one of these may exist for a path. */
export function createDurableJsonFile(options: DurableJsonFileOptions): DurableJsonFile {
  const { path } = options;
  const write = serialiseWrites((content) => writeFileDurably(path, content, { mode: 0o600 }));
  return {
    path,
    read: () => readJson(options),
    write: async (value) => write(toJson(value, path)),
  };
}

function toJson(value: unknown, path: string): string {
  const text: string | undefined = JSON.stringify(value);
  if (text === undefined) throw new InternalBug(`undefined can't be written to "${path}"`);
  return `${text}\n`;
}

interface WaitingWrite {
  content: string;
  readonly written: Promise<void>;
  readonly settle: (result: Promise<void>) => void;
}

/** One write at a time. While one runs, only the latest content waits; all who wait share its fate. */
function serialiseWrites(write: (content: string) => Promise<void>): (content: string) => Promise<void> {
  let isRunning = false;
  let waiting: WaitingWrite | undefined;

  const run = async (): Promise<void> => {
    isRunning = true;
    while (waiting !== undefined) {
      const next: WaitingWrite = waiting;
      waiting = undefined;
      next.settle(write(next.content));
      await next.written.catch(() => undefined); // its callers get the error
    }
    isRunning = false;
  };
  return (content) => {
    waiting ??= newWaitingWrite();
    waiting.content = content;
    const { written } = waiting;
    if (!isRunning) void run();
    return written;
  };
}

function newWaitingWrite(): WaitingWrite {
  let settle: WaitingWrite['settle'] = () => undefined;
  const written = new Promise<void>((resolve) => {
    settle = resolve;
  });
  return { content: '', written, settle };
}

async function readJson({ path, hint }: DurableJsonFileOptions): Promise<unknown> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (cause) {
    if (hasCode(cause, 'ENOENT')) return undefined;
    throw unusable('read', { path, hint, cause });
  }
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw unusable('understand', { path, hint, cause });
  }
}

function unusable(what: string, facts: { path: string; hint: string; cause: unknown }): ConfigurationError {
  const { path, hint, cause } = facts;
  const reason = cause instanceof Error ? cause.message : String(cause);
  return new ConfigurationError(`unable to ${what} file "${path}": ${reason}`, {
    hint,
    facts: { file: path },
    cause,
  });
}
