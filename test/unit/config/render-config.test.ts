import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../../src/config/load-settings.ts';
import { renderConfig } from '../../../src/config/render-config.ts';
import { settingNames } from '../../../src/config/settings.ts';
import { configFilesInMemory } from './config-files-in-memory.ts';

describe('renderConfig', () => {
  it('quotes texts and repeats what adds up', () => {
    expect(
      renderConfig({
        node_id: 1,
        node_name: "it's",
        use_replication_slots: true,
        event_notifications: ['a', 'b'],
        tablespace_mapping: [
          { from: '/a=', to: '/b' },
          { from: '/c', to: '/d' },
        ],
        lease: 1_500,
      }).split('\n'),
    ).toEqual([
      'node_id=1',
      "node_name='it''s'",
      'use_replication_slots=true',
      "event_notifications='a,b'",
      String.raw`tablespace_mapping='/a\\==/b'`,
      "tablespace_mapping='/c=/d'",
      'lease=1500ms',
      '',
    ]);
  });
});

describe('repmgr.conf.sample', () => {
  it('is a valid file that sets everything, once uncommented', async () => {
    const sample = await readFile(new URL('../../../repmgr.conf.sample', import.meta.url), 'utf8');
    const uncommented = sample.replace(/^#(?=[a-z_]+=)/gm, '');
    const files = configFilesInMemory({ '/etc/repmgr.conf': uncommented });
    const loaded = await loadSettings({ cwd: '/', files });
    expect(loaded.warnings).toEqual([]);
    expect(settingNames.filter((name) => !loaded.isSet(name))).toEqual([]);
  });
});
