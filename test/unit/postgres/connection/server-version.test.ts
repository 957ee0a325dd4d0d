import { expect, it } from 'vitest';
import { serverVersionNumOf } from '../../../../src/postgres/connection/server-version.ts';

it.each([
  ['15.18 (Debian 15.18-0+deb12u1)', 150018],
  ['18beta1', 180000],
  ['19devel', 190000],
  ['9.6.24', 90624],
  ['', 0],
])('server version "%s" is %d', (text, expected) => {
  expect(serverVersionNumOf(text)).toBe(expected);
});
