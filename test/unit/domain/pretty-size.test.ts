import { expect, test } from 'vitest';
import { prettySize } from '../../../src/domain/pretty-size.ts';

// Wanted values are those of SELECT pg_size_pretty(…::bigint) on PostgreSQL 15.
test.each([
  [0n, '0 bytes'],
  [10_239n, '10239 bytes'],
  [10_240n, '10 kB'],
  [10_751n, '10 kB'],
  [10_752n, '11 kB'],
  [10_485_247n, '10239 kB'],
  [10_485_248n, '10 MB'],
  [30_408_704n, '29 MB'],
  [10_736_893_951n, '10239 MB'],
  [10_736_893_952n, '10 GB'],
  [11_258_449_312_612_351n, '10239 TB'],
  [11_258_449_312_612_352n, '10 PB'],
])('%s bytes are %s', (bytes, wanted) => {
  expect(prettySize(bytes)).toBe(wanted);
});
