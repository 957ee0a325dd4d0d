import { type ConnectionParameters, withoutPassword } from './connection-parameters.ts';

/** Quotes a value as libpq's own tools do: plain if it is plain, else in single quotes. */
export function quoteConninfoValue(value: string): string {
  if (/^[A-Za-z0-9_.]+$/.test(value)) return value;
  return `'${value.replace(/['\\]/g, String.raw`\$&`)}'`;
}

/** Renders parameters as a keyword/value string which libpq parses to the same parameters. */
export function renderConninfo(parameters: ConnectionParameters): string {
  return [...parameters].map(([keyword, value]) => `${keyword}=${quoteConninfoValue(value)}`).join(' ');
}

/** The parameters without secrets, for messages. */
export function describeConninfo(parameters: ConnectionParameters): string {
  return renderConninfo(withoutPassword(parameters));
}
