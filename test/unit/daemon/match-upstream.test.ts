import { expect, test } from 'vitest';
import { matchUpstream } from '../../../src/daemon/match-upstream.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import type { Voter } from '../../../src/domain/voting-configuration.ts';

function voter(id: number, conninfo: string): Voter {
  return {
    nodeId: id as NodeId,
    nodeName: `node${id}`,
    incarnation: 'x',
    host: `host${id}`,
    port: 5479,
    conninfo,
    replicationUser: 'repmgr',
  };
}

const voters = [
  voter(1, 'host=10.0.0.1 user=repmgr dbname=repmgr'),
  voter(2, 'host=db2 hostaddr=10.0.0.2 port=5433 user=repmgr'),
  voter(3, 'postgresql://repmgr@db3:5432/repmgr'),
];

test.each([
  ['host and the default port', 'host=10.0.0.1 application_name=node9', 1],
  ['an address instead of the name', 'hostaddr=10.0.0.2 port=5433', 2],
  ['the name', 'user=repmgr host=db2 port=5433', 2],
  ['a URI in the metadata', 'host=db3 port=5432', 3],
  ['another port', 'host=10.0.0.1 port=5433', null],
  ['nobody that is registered', 'host=elsewhere', null],
  ['nothing, as during a vote', '', null],
])('a primary_conninfo with %s', (_, conninfo, expected) => {
  expect(matchUpstream(conninfo, voters)).toBe(expected);
});

test('without any primary_conninfo there is no upstream', () => {
  expect(matchUpstream(undefined, voters)).toBeNull();
});
