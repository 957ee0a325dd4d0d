import { expect, it } from 'vitest';
import { sessionMismatch } from '../../../../src/postgres/connection/session-attributes.ts';

const primary = { inHotStandby: false, readOnlyByDefault: false };
const readOnlyPrimary = { inHotStandby: false, readOnlyByDefault: true };
const standby = { inHotStandby: true, readOnlyByDefault: false };

it.each([
  ['any', [true, true, true]],
  ['read-write', [true, false, false]],
  ['read-only', [false, true, true]],
  ['primary', [true, true, false]],
  ['standby', [false, false, true]],
  ['prefer-standby', [true, true, true]],
] as const)('%s accepts primary, read-only primary, standby: %s', (wanted, expected) => {
  const accepted = [primary, readOnlyPrimary, standby].map(
    (state) => sessionMismatch(wanted, state) === undefined,
  );
  expect(accepted).toEqual(expected);
});
