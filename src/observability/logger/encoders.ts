import { styleText } from 'node:util';
import type { LogLevel } from '../../domain/log-level.ts';
import type { LogRecord } from '../../ports/logger.ts';

/** Turns a record into lines of text without newlines. */
export type LogEncoder = (record: LogRecord, time: Date) => readonly string[];

/** One label and its text; the texts of a record are its message, its detail and its hint. */
type Labelled = readonly [label: string, text: string];

type Style = Parameters<typeof styleText>[0];

const styles: Readonly<Partial<Record<string, Style>>> = {
  DEBUG: 'dim',
  INFO: 'cyan',
  NOTICE: 'green',
  WARNING: 'yellow',
  ERROR: 'red',
  CRITICAL: ['bold', 'red'],
  ALERT: ['bold', 'red'],
  EMERGENCY: ['bold', 'red'],
  DETAIL: 'dim',
  HINT: 'blue',
};

/** `LEVEL: text`, then `DETAIL: text` and `HINT: text`: what the command line writes for people. */
export function clientText({ colour }: { readonly colour: boolean }): LogEncoder {
  return (record) =>
    labelled(record).flatMap(([label, text]) => {
      const title = `${label}:`;
      const style = colour ? styles[label] : undefined;
      return `${style === undefined ? title : paint(style, title)} ${text}`.split('\n');
    });
}

/** `[YYYY-MM-DD HH:MM:SS] [LEVEL] text` in local time: the log of repmgrd. */
export const daemonText: LogEncoder = (record, time) =>
  labelled(record).flatMap(([label, text]) => `[${localTime(time)}] [${label}] ${text}`.split('\n'));

/** One JSON object per record, with its facts; for log collectors. */
export const jsonLines: LogEncoder = ({ level, message, detail, hint, facts }, time) => [
  JSON.stringify({ time: time.toISOString(), level, message, detail, hint, ...(facts && { facts }) }),
];

function labelled({ level, message, detail, hint }: LogRecord): readonly Labelled[] {
  const lines: Labelled[] = [[labelOf(level), message]];
  if (detail !== undefined) lines.push(['DETAIL', detail]);
  if (hint !== undefined) lines.push(['HINT', hint]);
  return lines;
}

function labelOf(level: LogLevel): string {
  return level.toUpperCase();
}

function paint(style: Style, text: string): string {
  // Whether there is a terminal is decided by wantsColour, and not once more for standard output.
  return styleText(style, text, { validateStream: false });
}

function localTime(time: Date): string {
  const pad = (value: number): string => String(value).padStart(2, '0');
  const date = [time.getFullYear(), pad(time.getMonth() + 1), pad(time.getDate())].join('-');
  return `${date} ${[time.getHours(), time.getMinutes(), time.getSeconds()].map(pad).join(':')}`;
}
