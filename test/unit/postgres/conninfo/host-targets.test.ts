import { describe, expect, it } from 'vitest';
import { parseConninfo } from '../../../../src/domain/conninfo/parse-conninfo.ts';
import { hostTargets } from '../../../../src/postgres/conninfo/host-targets.ts';

const targets = (conninfo: string): string[] =>
  hostTargets(parseConninfo(conninfo), '/run/pg').map(
    ({ host, hostaddr, port, socketPath }) => socketPath ?? `${host}|${hostaddr ?? ''}|${port}`,
  );

describe('hostTargets', () => {
  it.each([
    ['', ['/run/pg/.s.PGSQL.5432']],
    ['port=5433', ['/run/pg/.s.PGSQL.5433']],
    ['host=a,b', ['a||5432', 'b||5432']],
    ['host=a,b port=1', ['a||1', 'b||1']],
    ['host=a,b,/tmp port=1,,3', ['a||1', 'b||5432', '/tmp/.s.PGSQL.3']],
    ['hostaddr=10.0.0.1,10.0.0.2', ['|10.0.0.1|5432', '|10.0.0.2|5432']],
    ['host=a,b hostaddr=10.0.0.1,10.0.0.2', ['a|10.0.0.1|5432', 'b|10.0.0.2|5432']],
    ['host=a,b hostaddr=10.0.0.1,', ['a|10.0.0.1|5432', 'b||5432']],
    ['host=a,', ['a||5432', '/run/pg/.s.PGSQL.5432']],
  ])('%s', (conninfo, expected) => {
    expect(targets(conninfo)).toEqual(expected);
  });

  it.each([
    ['host=a,b hostaddr=10.0.0.1', 'could not match 2 host names to 1 hostaddr values'],
    ['host=a,b port=1,2,3', 'could not match 3 port numbers to 2 hosts'],
    ['port=x', 'invalid integer value "x" for connection option "port"'],
    ['port=70000', 'invalid port number: "70000"'],
    ['host=@abstract', 'abstract socket "@abstract" is not supported'],
  ])('%s is refused', (conninfo, message) => {
    expect(() => targets(conninfo)).toThrow(message);
  });
});
