import { fstatSync } from 'node:fs';
import type { Writable } from 'node:stream';
import { type LogLevel, severityOf } from '../../domain/log-level.ts';
import { CLOSE_LIMIT_MS, type LogSink, MOST_PENDING_BYTES, noteOfLoss, within } from './log-sink.ts';

export interface StreamSinkOptions {
  readonly stream: Writable;
  /** Put before each line, such as a priority. */
  readonly prefix?: (level: LogLevel) => string;
}

/** Writes to a stream that is already open, such as standard error; it is not closed. */
export function createStreamSink({ stream, prefix = () => '' }: StreamSinkOptions): LogSink {
  let lost = 0;
  const write = (level: LogLevel, lines: readonly string[]): void => {
    if (!stream.writable || stream.writableLength > MOST_PENDING_BYTES) {
      lost += lines.length;
      return;
    }
    const all = lost === 0 ? lines : [noteOfLoss(lost), ...lines];
    lost = 0;
    stream.write(all.map((line) => `${prefix(level)}${line}\n`).join(''));
  };
  const close = (): Promise<void> => {
    const written = new Promise<void>((resolve) => {
      if (stream.writableLength === 0) resolve();
      stream.once('drain', resolve);
      stream.once('close', resolve);
    });
    return within(CLOSE_LIMIT_MS, written);
  };
  return { write, close };
}

/** Priority in the form that systemd's journal takes off a line of standard error (sd-daemon(3)). */
export function journalPrefix(level: LogLevel): string {
  return `<${severityOf(level)}>`;
}

/** Whether this file descriptor leads to systemd's journal: JOURNAL_STREAM has its device and inode. */
export function leadsToJournal(
  descriptor: number,
  environment: Readonly<Record<string, string | undefined>>,
): boolean {
  const stream = environment['JOURNAL_STREAM'];
  if (stream === undefined || stream === '') return false;
  const { dev, ino } = fstatSync(descriptor, { bigint: true });
  return stream === `${dev}:${ino}`;
}
