import { describe, expect, it } from 'vitest';
import { findConfigFile } from '../../../src/config/find-config-file.ts';
import { loadSettings } from '../../../src/config/load-settings.ts';
import { defaultSettings } from '../../../src/config/settings.ts';
import { configFilesInMemory } from './config-files-in-memory.ts';

function find(paths: readonly string[], configFile?: string) {
  const files = configFilesInMemory(Object.fromEntries(paths.map((path) => [path, ''])));
  return findConfigFile({ configFile, cwd: '/home/me', files });
}

describe('the configuration file', () => {
  it.each([
    ['/x/my.conf', '/x/my.conf'],
    ['my.conf', '/home/me/my.conf'],
    ['./../my.conf', '/home/my.conf'],
  ])('named as %s is %s', async (name, path) => {
    expect(await find([path, '/home/me/repmgr.conf'], name)).toEqual({ path, warnings: [] });
  });

  it('that is named must be there', async () => {
    await expect(find(['/etc/repmgr.conf'], 'my.conf')).rejects.toThrow(
      'configuration file "/home/me/my.conf" does not exist',
    );
  });

  const places = [
    '/home/me/repmgr.conf',
    '/etc/repmgr.conf',
    '/etc/repmgr/repmgr.conf',
    '/etc/postgresql-common/repmgr.conf',
    '/etc/repmgr/17/repmgr.conf',
  ];

  it.each(places.map((place, index) => [place, places.slice(index)]))(
    'is %s first',
    async (place, present) => {
      expect(await find(present)).toEqual({ path: place, warnings: [] });
    },
  );

  it('is not chosen among those of several versions', async () => {
    expect(await find(['/etc/repmgr/16/repmgr.conf', '/etc/repmgr/17/repmgr.conf'])).toEqual({
      path: undefined,
      warnings: [
        'there are several configuration files (/etc/repmgr/16/repmgr.conf, /etc/repmgr/17/repmgr.conf); ' +
          'name one of them with -f/--config-file',
      ],
    });
    expect(await find(['/etc/repmgr/16/other.conf', '/etc/repmgr/17/repmgr.conf'])).toMatchObject({
      path: '/etc/repmgr/17/repmgr.conf',
    });
  });

  it('that cannot be read is an error, not passed over', async () => {
    const files = configFilesInMemory({ '/home/me/repmgr.conf': null, '/etc/repmgr.conf': '' });
    await expect(findConfigFile({ cwd: '/home/me', files })).rejects.toThrow('could not read');
  });

  it('is looked for aloud', async () => {
    const looked: string[] = [];
    const files = configFilesInMemory({ '/etc/repmgr/repmgr.conf': '' });
    await findConfigFile({ cwd: '/', files, onLookup: (path) => looked.push(path) });
    expect(looked).toEqual(['/repmgr.conf', '/etc/repmgr.conf', '/etc/repmgr/repmgr.conf']);
  });

  it('may be missing, and then the defaults count', async () => {
    const loaded = await loadSettings({ cwd: '/', files: configFilesInMemory({}) });
    expect(loaded.configFile).toBeUndefined();
    expect(loaded.settings).toEqual(defaultSettings());
    expect(loaded.isSet('node_id')).toBe(false);
  });
});
