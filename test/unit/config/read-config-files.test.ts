import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/load-settings.ts';
import { configFilesOnDisk } from '../../../src/config/read-config-files.ts';

let folder = '';

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repmgr-config-'));
  await mkdir(join(folder, 'conf.d', 'folder.conf'), { recursive: true });
  await writeFile(join(folder, 'conf.d', 'a.conf'), "node_id=1\nnode_name='n'\nconninfo='host=n'\n");
  await symlink('a.conf', join(folder, 'conf.d', 'link.conf'));
  await symlink('nowhere', join(folder, 'conf.d', 'dangling'));
  await writeFile(join(folder, 'repmgr.conf'), "include_dir 'conf.d'\ndata_directory='/data'\n");
});

afterAll(() => rm(folder, { recursive: true }));

describe('configuration files on disk', () => {
  it('are read with what they include', async () => {
    const loaded = await loadSettings({ cwd: folder });
    expect(loaded.configFile).toBe(join(folder, 'repmgr.conf'));
    expect(loaded.settings).toMatchObject({ node_id: 1, node_name: 'n', data_directory: '/data' });
  });

  it('are undefined when they do not exist', async () => {
    expect(await configFilesOnDisk.readFile(join(folder, 'x'))).toBeUndefined();
    expect(await configFilesOnDisk.readFile(join(folder, 'repmgr.conf', 'x'))).toBeUndefined();
    expect(await configFilesOnDisk.listDirectory(join(folder, 'x'))).toBeUndefined();
  });

  it('are told from folders', async () => {
    const listed = await configFilesOnDisk.listDirectory(join(folder, 'conf.d'));
    expect(listed?.toSorted((a, b) => a.name.localeCompare(b.name))).toEqual([
      { name: 'a.conf', isDirectory: false },
      { name: 'dangling', isDirectory: false },
      { name: 'folder.conf', isDirectory: true },
      { name: 'link.conf', isDirectory: false },
    ]);
    await expect(configFilesOnDisk.readFile(folder)).rejects.toMatchObject({
      message: expect.stringContaining(`could not read "${folder}"`),
      hint: 'Name a file, not a folder.',
    });
  });
});
