/**
 * Parameters of one connection: libpq keywords and values, as parsed from a conninfo string, in libpq's
 * keyword order. An empty value is a value: it hides the environment variable and means libpq's default.
 */
export type ConnectionParameters = ReadonlyMap<string, string>;

/** Values that must never reach a message, a log or the metadata of another node. */
const secretKeywords: ReadonlySet<string> = new Set([
  'password',
  'sslpassword',
  'scram_client_key',
  'scram_server_key',
  'oauth_client_secret',
]);

/** The same parameters without passwords and other secrets. */
export function withoutPassword(parameters: ConnectionParameters): ConnectionParameters {
  return new Map([...parameters].filter(([keyword]) => !secretKeywords.has(keyword)));
}
