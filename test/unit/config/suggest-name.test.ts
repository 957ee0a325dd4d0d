import { describe, expect, it } from 'vitest';
import { settingNames } from '../../../src/config/settings.ts';
import { editDistance, suggestName } from '../../../src/config/suggest-name.ts';

describe('suggestName', () => {
  it.each([
    ['nodeid', 'node_id'],
    ['node-name', 'node_name'],
    ['coninfo', 'conninfo'],
    ['data_dir', undefined],
    ['reconect_attemps', 'reconnect_attempts'],
    ['monitor_interval_sec', 'monitor_interval_secs'],
    ['service_stop_comand', 'service_stop_command'],
    ['x', undefined],
    ['port', undefined],
  ])('takes %s for %s', (name, meant) => {
    expect(suggestName(name, settingNames)).toBe(meant);
  });
});

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['abc', '', 3],
    ['', 'ab', 2],
    ['abc', 'abc', 0],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
  ])('of %s and %s is %d', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});
