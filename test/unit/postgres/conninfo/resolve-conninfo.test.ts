import { describe, expect, it } from 'vitest';
import { parseConninfo } from '../../../../src/domain/conninfo/parse-conninfo.ts';
import { resolveConninfo } from '../../../../src/postgres/conninfo/resolve-conninfo.ts';

const environment = {
  variables: { PGPASSWORD: 'from-environment', PGSSLMODE: 'disable', PGREQUIRESSL: '1' },
  homeDirectory: '/nonexistent',
  osUser: 'me',
  socketDirectory: '/run/pg',
  systemDirectory: '/nonexistent',
};
const resolve = (conninfo: string) => resolveConninfo(parseConninfo(conninfo), environment);

describe('resolveConninfo', () => {
  it('knows a server without any conninfo', async () => {
    expect(await resolve('')).toMatchObject({
      user: 'me',
      dbname: 'me',
      sslmode: 'disable',
      targetSessionAttrs: 'any',
      loadBalanceHosts: 'disable',
      connectTimeoutMs: undefined,
      hosts: [
        { host: '/run/pg', port: 5432, socketPath: '/run/pg/.s.PGSQL.5432', password: 'from-environment' },
      ],
    });
  });

  it('takes the user as database unless one is given', async () => {
    expect(await resolve('user=repmgr')).toMatchObject({ user: 'repmgr', dbname: 'repmgr' });
    expect(await resolve('user=repmgr dbname=')).toMatchObject({ dbname: 'repmgr' });
    expect(await resolve('user=repmgr dbname=x')).toMatchObject({ dbname: 'x' });
  });

  it('verifies the host name by default when anybody can have the certificate signed', async () => {
    const plain = { ...environment, variables: {} };
    const parameters = new Map([['sslrootcert', 'system']]);
    expect(await resolveConninfo(parameters, plain)).toMatchObject({ sslmode: 'verify-full' });
  });

  it('reads time limits in seconds', async () => {
    expect(await resolve('connect_timeout=3')).toMatchObject({ connectTimeoutMs: 3_000 });
    expect(await resolve('connect_timeout=-1')).toMatchObject({ connectTimeoutMs: 0 });
  });

  it.each([
    ['sslmode=maybe', 'invalid sslmode value: "maybe"'],
    ['target_session_attrs=', 'invalid target_session_attrs value: ""'],
    ['connect_timeout=2s', 'invalid integer value "2s" for connection option "connect_timeout"'],
  ])('refuses %s', async (conninfo, message) => {
    await expect(resolve(conninfo)).rejects.toThrow(message);
  });
});
