import { userInfo } from 'node:os';
import { describe, expect, it } from 'vitest';
import { readClientEnvironment } from '../../../../src/postgres/conninfo/client-environment.ts';
import { resolveConninfo } from '../../../../src/postgres/conninfo/resolve-conninfo.ts';

const unknown = (): never => {
  throw Object.assign(new Error('uv_os_get_passwd returned ENOENT'), { code: 'ERR_SYSTEM_ERROR' });
};

describe('readClientEnvironment', () => {
  it('takes user and home from the system, and home from its user database where HOME is empty', () => {
    expect(readClientEnvironment({ homedir: () => '/home/me', userInfo })).toMatchObject({
      osUser: userInfo().username,
      homeDirectory: '/home/me',
    });
    expect(readClientEnvironment({ homedir: () => '', userInfo })).toMatchObject({
      homeDirectory: userInfo().homedir,
    });
  });

  it('goes without them where the system knows nobody of this user ID, as in containers', async () => {
    const system = { homedir: unknown, userInfo: unknown };
    const environment = { ...readClientEnvironment(system), variables: {} };
    expect(environment).toMatchObject({ osUser: '', homeDirectory: '/nonexistent' });
    const parameters = new Map([['user', 'repmgr']]);
    expect(await resolveConninfo(parameters, environment)).toMatchObject({ user: 'repmgr' });
    await expect(resolveConninfo(new Map(), environment)).rejects.toThrow('no role to connect as');
  });
});
