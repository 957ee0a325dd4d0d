import { describe, expect, it } from 'vitest';
import { diffSettings } from '../../../src/config/diff-settings.ts';
import { defaultSettings, type Settings } from '../../../src/config/settings.ts';

const before: Settings = {
  ...defaultSettings(),
  node_id: 1,
  node_name: 'n',
  conninfo: 'host=a password=secret',
};

describe('diffSettings', () => {
  it('finds nothing between equals, lists included', () => {
    const after = { ...before, event_notifications: [...before.event_notifications] };
    expect(diffSettings(before, after)).toEqual({
      applied: [],
      needRestart: [],
      needRegistration: [],
      refused: [],
    });
  });

  it('sorts changes by what they need', () => {
    const diff = diffSettings(before, {
      ...before,
      node_id: 2,
      node_name: 'm',
      monitor_interval_secs: 5,
      election_rerun_interval: 1,
      event_notifications: ['node_rejoin'],
      lease: 5_000,
      log_level: 'DEBUG',
      data_directory: '/x',
      api_port: 1,
      priority: 0,
    });
    expect(diff).toEqual({
      applied: [
        { name: 'log_level', from: 'INFO', to: 'DEBUG' },
        { name: 'event_notifications', from: '', to: 'node_rejoin' },
        { name: 'monitor_interval_secs', from: '2', to: '5' },
        { name: 'election_rerun_interval', from: '15', to: '1' },
        { name: 'lease', from: '3s', to: '5s' },
      ],
      needRestart: [
        { name: 'data_directory', from: '', to: '/x' },
        { name: 'api_port', from: '5479', to: '1' },
      ],
      needRegistration: [{ name: 'priority', from: '100', to: '0' }],
      refused: [
        { name: 'node_id', from: '1', to: '2' },
        { name: 'node_name', from: 'n', to: 'm' },
      ],
    });
  });

  it('shows no password', () => {
    expect(diffSettings(before, { ...before, conninfo: 'host=b password=other' }).applied).toEqual([
      { name: 'conninfo', from: 'host=a', to: 'host=b' },
    ]);
  });
});
