/** A libpq parameter key word. */
export interface ConninfoKeyword {
  readonly name: string;
  /** Environment variable that supplies the value when the conninfo has none. */
  readonly variable?: string;
  /** Value compiled into libpq. */
  readonly builtIn?: string;
  /** First libpq major version that knows the key word, when later than 15. */
  readonly since?: number;
}

/**
 * Key words of libpq 14 to 18 in libpq's own order, which is also the order in which libpq reports and
 * rewrites a conninfo. PostgreSQL 18 manual, section 32.1.2 and 32.15 (environment variables).
 */
export const conninfoKeywords: readonly ConninfoKeyword[] = [
  { name: 'service', variable: 'PGSERVICE' },
  { name: 'servicefile', variable: 'PGSERVICEFILE', since: 18 },
  { name: 'user', variable: 'PGUSER' },
  { name: 'password', variable: 'PGPASSWORD' },
  { name: 'passfile', variable: 'PGPASSFILE' },
  { name: 'channel_binding', variable: 'PGCHANNELBINDING', builtIn: 'prefer' },
  { name: 'connect_timeout', variable: 'PGCONNECT_TIMEOUT' },
  { name: 'dbname', variable: 'PGDATABASE' },
  { name: 'host', variable: 'PGHOST' },
  { name: 'hostaddr', variable: 'PGHOSTADDR' },
  { name: 'port', variable: 'PGPORT', builtIn: '5432' },
  { name: 'client_encoding', variable: 'PGCLIENTENCODING' },
  { name: 'options', variable: 'PGOPTIONS', builtIn: '' },
  { name: 'application_name', variable: 'PGAPPNAME' },
  { name: 'fallback_application_name' },
  { name: 'keepalives' },
  { name: 'keepalives_idle' },
  { name: 'keepalives_interval' },
  { name: 'keepalives_count' },
  { name: 'tcp_user_timeout' },
  { name: 'sslmode', variable: 'PGSSLMODE', builtIn: 'prefer' },
  { name: 'sslnegotiation', variable: 'PGSSLNEGOTIATION', builtIn: 'postgres', since: 17 },
  { name: 'sslcompression', variable: 'PGSSLCOMPRESSION', builtIn: '0' },
  { name: 'sslcert', variable: 'PGSSLCERT' },
  { name: 'sslkey', variable: 'PGSSLKEY' },
  { name: 'sslcertmode', variable: 'PGSSLCERTMODE', since: 16 },
  { name: 'sslpassword' },
  { name: 'sslrootcert', variable: 'PGSSLROOTCERT' },
  { name: 'sslcrl', variable: 'PGSSLCRL' },
  { name: 'sslcrldir', variable: 'PGSSLCRLDIR' },
  { name: 'sslsni', variable: 'PGSSLSNI', builtIn: '1' },
  { name: 'requirepeer', variable: 'PGREQUIREPEER' },
  { name: 'require_auth', variable: 'PGREQUIREAUTH', since: 16 },
  { name: 'min_protocol_version', variable: 'PGMINPROTOCOLVERSION', since: 18 },
  { name: 'max_protocol_version', variable: 'PGMAXPROTOCOLVERSION', since: 18 },
  { name: 'ssl_min_protocol_version', variable: 'PGSSLMINPROTOCOLVERSION', builtIn: 'TLSv1.2' },
  { name: 'ssl_max_protocol_version', variable: 'PGSSLMAXPROTOCOLVERSION' },
  { name: 'gssencmode', variable: 'PGGSSENCMODE', builtIn: 'prefer' },
  { name: 'krbsrvname', variable: 'PGKRBSRVNAME', builtIn: 'postgres' },
  { name: 'gsslib', variable: 'PGGSSLIB' },
  { name: 'gssdelegation', variable: 'PGGSSDELEGATION', builtIn: '0', since: 16 },
  { name: 'replication' },
  { name: 'target_session_attrs', variable: 'PGTARGETSESSIONATTRS', builtIn: 'any' },
  { name: 'load_balance_hosts', variable: 'PGLOADBALANCEHOSTS', builtIn: 'disable', since: 16 },
  { name: 'scram_client_key', since: 18 },
  { name: 'scram_server_key', since: 18 },
  { name: 'oauth_issuer', since: 18 },
  { name: 'oauth_client_id', since: 18 },
  { name: 'oauth_client_secret', since: 18 },
  { name: 'oauth_scope', since: 18 },
  { name: 'sslkeylogfile', since: 18 },
];

const rankOf: ReadonlyMap<string, number> = new Map(
  conninfoKeywords.map((keyword, index) => [keyword.name, index]),
);

export function isConninfoKeyword(name: string): boolean {
  return rankOf.has(name);
}

/** The same parameters in libpq's keyword order; unknown ones last. */
export function inLibpqOrder(parameters: ReadonlyMap<string, string>): Map<string, string> {
  const rank = (name: string): number => rankOf.get(name) ?? conninfoKeywords.length;
  return new Map([...parameters].sort(([left], [right]) => rank(left) - rank(right)));
}
