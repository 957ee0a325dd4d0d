import { describe, expect, it } from 'vitest';
import { dumpConfig } from '../../../src/config/dump-config.ts';
import { defaultSettings, settingNames } from '../../../src/config/settings.ts';

const lines = dumpConfig({
  ...defaultSettings(),
  node_id: 1,
  use_replication_slots: true,
  tablespace_mapping: [
    { from: '/a', to: '/b' },
    { from: '/c', to: '/d' },
  ],
  event_notifications: ['a', 'b'],
});

describe('dumpConfig', () => {
  it('has one line for each parameter', () => {
    const names = lines.map((line) => line.split('|')[0]);
    expect(names).toHaveLength(settingNames.length);
    expect(new Set(names)).toEqual(new Set(settingNames));
  });

  it('has them in the order of repmgr, ours last', () => {
    const names = lines.map((line) => line.split('|')[0]);
    expect(names.slice(0, 5)).toEqual([
      'node_id',
      'node_name',
      'conninfo',
      'replication_user',
      'data_directory',
    ]);
    expect(names.indexOf('connection_check_query')).toBe(81);
    expect(names[82]).toBe('pg_backupapi_host');
    expect(names.at(-1)).toBe('candidate_catchup_timeout');
  });

  it.each([
    'node_id|1',
    'use_replication_slots|true',
    'monitoring_history|false',
    'config_directory|',
    'recovery_min_apply_delay|',
    'tablespace_mapping|/a=/b,/c=/d',
    'event_notifications|a,b',
    'lease|3s',
  ])('has the line %s', (line) => {
    expect(lines).toContain(line);
  });
});
