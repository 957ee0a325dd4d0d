import { isConninfo, parseConninfo } from '../domain/conninfo/parse-conninfo.ts';
import type { ParsedOptions } from './argv/options.ts';

/**
 * Joins -d, -h, -p and -U into parameters of one connection; a conninfo in -d wins over the others.
 * @throws ConfigurationError when -d looks like a conninfo and can't be parsed.
 */
export function connectionParametersFrom(options: ParsedOptions): ReadonlyMap<string, string> {
  const parameters = new Map<string, string>();
  const { host, port, username, dbname } = options;
  if (host !== undefined) parameters.set('host', host);
  if (port !== undefined) parameters.set('port', String(port));
  if (username !== undefined) parameters.set('user', username);
  if (dbname === undefined) return parameters;
  if (!isConninfo(dbname)) return parameters.set('dbname', dbname);
  for (const [keyword, value] of parseConninfo(dbname)) {
    if (value !== '') parameters.set(keyword, value);
  }
  return parameters;
}

/** True if they say which server is meant. */
export function namesHost(parameters: ReadonlyMap<string, string>): boolean {
  return parameters.has('host') || parameters.has('hostaddr');
}
