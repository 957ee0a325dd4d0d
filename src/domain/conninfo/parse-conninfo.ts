import type { ConnectionParameters } from './connection-parameters.ts';
import { conninfoError } from './conninfo-error.ts';
import { inLibpqOrder } from './keywords.ts';
import { parseKeywordValue } from './parse-keyword-value.ts';
import { isConnectionUri, parseUri } from './parse-uri.ts';

/**
 * Parses a connection string in either of libpq's forms, with libpq's rules and error texts.
 * No defaults are applied. The result is in libpq's keyword order.
 * @throws ConfigurationError
 */
export function parseConninfo(text: string): ConnectionParameters {
  if (text.includes('\0')) throw conninfoError('connection info string contains a NUL character');
  return inLibpqOrder(isConnectionUri(text) ? parseUri(text) : parseKeywordValue(text));
}

/** Whether the argument of `-d` is a connection string; otherwise it is a database name. */
export function isConninfo(text: string): boolean {
  return isConnectionUri(text) || text.includes('=');
}
