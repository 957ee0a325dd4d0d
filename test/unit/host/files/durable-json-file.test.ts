import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ConfigurationError, OperationFailed } from '../../../../src/domain/errors/repmgr-error.ts';
import { createDurableJsonFile } from '../../../../src/host/files/durable-json-file.ts';

const hint = 'remove it only if this node is registered again afterwards';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'repmgr-json-'));
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

function file() {
  return createDurableJsonFile({ path: join(folder, 'state.json'), hint });
}

describe('reading', () => {
  test('gives undefined when there is no file', async () => {
    expect(await file().read()).toBeUndefined();
  });

  test('gives what was written, to the owner only', async () => {
    const state = { term: 7, votedFor: null, reigns: [{ term: 6, forkLsn: '0/3000148' }] };
    await file().write(state);
    expect(await file().read()).toEqual(state);
    expect(statSync(file().path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  test.each(['', '{"term":7', 'null null'])('of %j says which file and what to do', async (content) => {
    writeFileSync(file().path, content);
    const error: unknown = await file()
      .read()
      .catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error).toMatchObject({ hint, facts: { file: file().path }, exit: 'BAD_CONFIG' });
    expect(readFileSync(file().path, 'utf8')).toBe(content);
  });

  test('of what is not a file is an error too, never an empty state', async () => {
    mkdirSync(file().path);
    await expect(file().read()).rejects.toThrow(file().path);
  });
});

describe('writing', () => {
  test('takes the value as it is at the time of the call', async () => {
    const state = { term: 1 };
    const target = file();
    const written = target.write(state);
    state.term = 2;
    await written;
    expect(await target.read()).toEqual({ term: 1 });
  });

  test('resolves only when the value or a later one is in the file, and the last call wins', async () => {
    const lengths = fc.array(fc.nat({ max: 4 }), { minLength: 1, maxLength: 25 });
    await fc.assert(
      fc.asyncProperty(lengths, async (pauses) => {
        const target = file();
        const checks: Promise<void>[] = [];
        for (const [number, pause] of pauses.entries()) {
          const check = target.write({ number }).then(() => {
            const { number: stored } = JSON.parse(readFileSync(target.path, 'utf8')) as { number: number };
            expect(stored).toBeGreaterThanOrEqual(number);
          });
          checks.push(check);
          for (let turn = 0; turn < pause; turn++) await new Promise((resolve) => setImmediate(resolve));
        }
        await Promise.all(checks);
        expect(await target.read()).toEqual({ number: pauses.length - 1 });
      }),
      { numRuns: 25 },
    );
  });

  test('that fails is reported to those who asked for it, and later ones are tried again', async () => {
    const target = createDurableJsonFile({ path: join(folder, 'absent', 'state.json'), hint });
    const first = target.write(1);
    const [second, third] = [target.write(2), target.write(3)];
    const outcomes = await Promise.allSettled([first, second, third]);
    for (const outcome of outcomes)
      expect(outcome).toMatchObject({ status: 'rejected', reason: expect.any(OperationFailed) });
    mkdirSync(join(folder, 'absent'));
    await target.write(4);
    expect(await target.read()).toBe(4);
  });

  test('of what JSON cannot hold is rejected and leaves the file alone', async () => {
    const target = file();
    await target.write(1);
    await expect(target.write({ lsn: 1n })).rejects.toThrow('BigInt');
    await expect(target.write(undefined)).rejects.toThrow('undefined');
    expect(await target.read()).toBe(1);
  });
});

test('an old file with open permissions is closed by the next write', async () => {
  writeFileSync(file().path, '1');
  chmodSync(file().path, 0o644);
  await file().write(2);
  expect(statSync(file().path).mode & 0o777).toBe(0o600);
});
