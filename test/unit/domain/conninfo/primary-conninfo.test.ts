import { describe, expect, it } from 'vitest';
import { parseConninfo } from '../../../../src/domain/conninfo/parse-conninfo.ts';
import { composePrimaryConninfo } from '../../../../src/domain/conninfo/primary-conninfo.ts';

const target = parseConninfo('host=127.0.0.1 port=55431 user=repmgr dbname=repmgr connect_timeout=2');

describe('composePrimaryConninfo', () => {
  it('keeps the order of libpq, with application_name last, when following', () => {
    expect(composePrimaryConninfo({ target, nodeName: 'node3', user: '' })).toBe(
      'user=repmgr connect_timeout=2 dbname=repmgr host=127.0.0.1 port=55431 application_name=node3',
    );
  });

  it('keeps the order of the command line, then application_name, then the rest, when cloning', () => {
    const base = new Map([
      ['host', '10.0.0.9'],
      ['port', '1'],
      ['user', 'someone'],
    ]);
    expect(composePrimaryConninfo({ target, nodeName: 'node3', user: 'repl', base })).toBe(
      'host=127.0.0.1 port=55431 user=repl application_name=node3 connect_timeout=2 dbname=repmgr',
    );
  });

  it('leaves out what belongs to the node that wrote the conninfo', () => {
    const foreign = parseConninfo(
      'host=node1 application_name=node1 passfile=/a service=s servicefile=/b replication=1 sslmode=require user=',
    );
    expect(composePrimaryConninfo({ target: foreign, nodeName: 'node2', user: 'repl' })).toBe(
      'user=repl host=node1 sslmode=require application_name=node2',
    );
  });

  it('keeps the service when nothing else tells where the server is', () => {
    const byService = parseConninfo('service=upstream');
    expect(composePrimaryConninfo({ target: byService, nodeName: 'node2', user: 'repl' })).toBe(
      'service=upstream user=repl application_name=node2',
    );
  });

  it('takes the address from one side as a whole', () => {
    const withoutPort = parseConninfo('host=node1 user=repmgr');
    const base = new Map([
      ['hostaddr', '10.0.0.9'],
      ['port', '5433'],
      ['sslmode', 'require'],
    ]);
    expect(composePrimaryConninfo({ target: withoutPort, nodeName: 'node2', user: '', base })).toBe(
      'sslmode=require application_name=node2 user=repmgr host=node1',
    );
  });

  it('adds password and passfile, and quotes them', () => {
    const options = { target, nodeName: `node 3'x`, user: '', password: `s'e c`, passfile: '/x/p q' };
    expect(composePrimaryConninfo(options)).toBe(
      'user=repmgr connect_timeout=2 dbname=repmgr host=127.0.0.1 port=55431 ' +
        String.raw`application_name='node 3\'x' password='s\'e c' passfile='/x/p q'`,
    );
  });

  it('prefers a password of the conninfo', () => {
    const withPassword = parseConninfo('host=node1 password=own');
    expect(composePrimaryConninfo({ target: withPassword, nodeName: 'n', user: '', password: 'other' })).toBe(
      'password=own host=node1 application_name=n',
    );
  });
});
