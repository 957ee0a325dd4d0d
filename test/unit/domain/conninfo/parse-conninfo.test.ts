import { describe, expect, it } from 'vitest';
import { isConninfo, parseConninfo } from '../../../../src/domain/conninfo/parse-conninfo.ts';
import { ConfigurationError } from '../../../../src/domain/errors/repmgr-error.ts';

const pairs = (text: string): [string, string][] => [...parseConninfo(text)];

describe('parseConninfo', () => {
  it('reads keywords and values in the order of libpq, not of the text', () => {
    expect(pairs('host=node1 user=repmgr dbname=repmgr connect_timeout=2')).toEqual([
      ['user', 'repmgr'],
      ['connect_timeout', '2'],
      ['dbname', 'repmgr'],
      ['host', 'node1'],
    ]);
  });

  it('reads quotes, escapes and blanks', () => {
    expect(pairs(`password = 'it\\'s \\\\ here' dbname=my\\ db user=''`)).toEqual([
      ['user', ''],
      ['password', String.raw`it's \ here`],
      ['dbname', 'my db'],
    ]);
  });

  it('reads URIs with several hosts, IPv6, sockets and parameters', () => {
    expect(pairs('postgresql://repmgr:p%40ss@[::1]:5433,node2/repmgr?ssl=true&connect_timeout=5')).toEqual([
      ['user', 'repmgr'],
      ['password', 'p@ss'],
      ['connect_timeout', '5'],
      ['dbname', 'repmgr'],
      ['host', '::1,node2'],
      ['port', '5433,'],
      ['sslmode', 'require'],
    ]);
    expect(pairs('postgres://%2Fvar%2Frun%2Fpostgresql/db')).toEqual([
      ['dbname', 'db'],
      ['host', '/var/run/postgresql'],
    ]);
  });

  it.each([
    ['host', 'missing "=" after "host" in connection info string'],
    ["host='node1", 'unterminated quoted string in connection info string'],
    ['hots=node1', 'invalid connection option "hots"'],
    [
      'postgresql://[::1',
      'end of string reached when looking for matching "]" in IPv6 host address in URI: "postgresql://[::1"',
    ],
    ['postgresql://h/?a', 'missing key/value separator "=" in URI query parameter: "a"'],
    ['host=a\0b', 'connection info string contains a NUL character'],
  ])('refuses %j', (text, message) => {
    const refused = (): unknown => parseConninfo(text);
    expect(refused).toThrow(ConfigurationError);
    expect(refused).toThrow(expect.objectContaining({ message }));
  });

  it('knows the key words of newer versions', () => {
    expect(pairs('load_balance_hosts=random servicefile=/etc/services sslnegotiation=direct')).toHaveLength(
      3,
    );
  });
});

describe('isConninfo', () => {
  it.each([
    ['host=node1', true],
    ['postgresql://node1', true],
    ['postgres://', true],
    ['repmgr', false],
    ['postgresql:/node1', false],
    ['', false],
  ])('%j: %s', (text, expected) => {
    expect(isConninfo(text)).toBe(expected);
  });
});
