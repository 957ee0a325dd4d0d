import { conninfoError } from './conninfo-error.ts';
import { decodePercent } from './decode-percent.ts';
import { isConninfoKeyword } from './keywords.ts';
import { storeParameter } from './store-parameter.ts';

const uriPrefix = /^postgres(?:ql)?:\/\//;

export function isConnectionUri(text: string): boolean {
  return uriPrefix.test(text);
}

interface Authority {
  readonly hosts: string;
  readonly ports: string;
  /** Index of the character that ended the list of hosts. */
  readonly end: number;
}

/**
 * Parses `postgresql://[user[:password]@][host[:port],…][/dbname][?keyword=value&…]` as libpq does
 * (PostgreSQL manual, section 32.1.1.2), which is more lenient than RFC 3986.
 * @throws ConfigurationError with libpq's text.
 */
export function parseUri(uri: string): Map<string, string> {
  const parameters = new Map<string, string>();
  const start = uriPrefix.exec(uri)?.[0].length ?? 0;
  const authority = scanHosts(uri, storeCredentials(uri, start, parameters));
  storeUnlessEmpty(parameters, 'host', authority.hosts);
  storeUnlessEmpty(parameters, 'port', authority.ports);

  let position = authority.end;
  if (position < uri.length && uri[position] !== '?') {
    const databaseStart = position + 1;
    position = indexOfAny(uri, '?', databaseStart);
    storeUnlessEmpty(parameters, 'dbname', uri.slice(databaseStart, position));
  }
  if (position < uri.length) storeQuery(uri.slice(position + 1), parameters);
  return parameters;
}

/** Returns the index where the hosts begin. */
function storeCredentials(uri: string, start: number, parameters: Map<string, string>): number {
  const end = indexOfAny(uri, '@/', start);
  if (uri[end] !== '@') return start;
  const userEnd = indexOfAny(uri, ':@', start);
  storeUnlessEmpty(parameters, 'user', uri.slice(start, userEnd));
  storeUnlessEmpty(parameters, 'password', uri.slice(userEnd + 1, end));
  return end + 1;
}

function scanHosts(uri: string, start: number): Authority {
  let hosts = '';
  let ports = '';
  let position = start;
  for (;;) {
    const bracketed = uri[position] === '[';
    const hostEnd = bracketed ? endOfIpv6(uri, position) : indexOfAny(uri, ':/?,', position);
    hosts += bracketed ? uri.slice(position + 1, hostEnd - 1) : uri.slice(position, hostEnd);
    position = hostEnd;
    if (uri[position] === ':') {
      const portEnd = indexOfAny(uri, '/?,', position);
      ports += uri.slice(position + 1, portEnd);
      position = portEnd;
    }
    if (uri[position] !== ',') return { hosts, ports, end: position };
    position++;
    hosts += ',';
    ports += ',';
  }
}

/** Index after the closing bracket of the address whose `[` is at `start`. */
function endOfIpv6(uri: string, start: number): number {
  const close = uri.indexOf(']', start);
  if (close === -1) {
    throw conninfoError(
      `end of string reached when looking for matching "]" in IPv6 host address in URI: "${uri}"`,
    );
  }
  if (close === start + 1) throw conninfoError(`IPv6 host address may not be empty in URI: "${uri}"`);
  const [next] = uri.slice(close + 1);
  if (next !== undefined && !':/?,'.includes(next)) {
    // libpq counts bytes, from 1.
    const place = new TextEncoder().encode(uri.slice(0, close + 1)).length + 1;
    throw conninfoError(
      `unexpected character "${next}" at position ${place} in URI (expected ":" or "/"): "${uri}"`,
    );
  }
  return close + 1;
}

function storeQuery(query: string, parameters: Map<string, string>): void {
  // A trailing "&" ends the last pair; any other empty pair is an error.
  for (let rest = query; rest !== ''; ) {
    const pairEnd = indexOfAny(rest, '&', 0);
    const pair = rest.slice(0, pairEnd);
    const parts = pair.split('=');
    if (parts.length > 2) {
      // libpq has cut the text at the first "=" and not yet looked for the end of the pair.
      throw conninfoError(`extra key/value separator "=" in URI query parameter: "${parts[0]}"`);
    }
    const [rawKeyword = '', rawValue] = parts;
    if (rawValue === undefined) {
      throw conninfoError(`missing key/value separator "=" in URI query parameter: "${rawKeyword}"`);
    }
    storeQueryParameter(parameters, decodePercent(rawKeyword), decodePercent(rawValue));
    rest = rest.slice(pairEnd + 1);
  }
}

function storeQueryParameter(parameters: Map<string, string>, keyword: string, value: string): void {
  // As JDBC spells it.
  if (keyword === 'ssl' && value === 'true') parameters.set('sslmode', 'require');
  else if (keyword === 'requiressl' || isConninfoKeyword(keyword)) storeParameter(parameters, keyword, value);
  else throw conninfoError(`invalid URI query parameter: "${keyword}"`);
}

function storeUnlessEmpty(parameters: Map<string, string>, keyword: string, value: string): void {
  if (value !== '') storeParameter(parameters, keyword, decodePercent(value));
}

/** Index of the first of `characters` at or after `from`, else the length of the text. */
function indexOfAny(text: string, characters: string, from: number): number {
  let position = from;
  while (position < text.length && !characters.includes(text.charAt(position))) position++;
  return position;
}
