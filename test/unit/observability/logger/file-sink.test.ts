import { mkdtemp, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { openFileSink } from '../../../../src/observability/logger/file-sink.ts';
import { MOST_PENDING_BYTES } from '../../../../src/observability/logger/log-sink.ts';

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repmgr-log-'));
  path = join(folder, 'repmgrd.log');
});

afterEach(() => rm(folder, { recursive: true }));

describe('a log file', () => {
  it('is appended to, in order', async () => {
    await writeFile(path, 'before\n');
    const sink = openFileSink(path);
    for (let index = 0; index < 500; index++) sink.write('info', [`line ${index}`, '  more']);
    await sink.close();
    const expected = Array.from({ length: 500 }, (_, index) => `line ${index}\n  more\n`).join('');
    expect(await readFile(path, 'utf8')).toBe(`before\n${expected}`);
  });

  it('is not open to everybody', async () => {
    await openFileSink(path).close();
    expect((await stat(path)).mode & 0o007).toBe(0);
  });

  it('is opened anew under its name after a rotation, and no line is lost', async () => {
    const sink = openFileSink(path);
    const numbers = Array.from({ length: 300 }, (_, index) => `${index}`);
    for (const number of numbers.slice(0, 100)) sink.write('info', [number]);
    await rename(path, `${path}.1`);
    for (const number of numbers.slice(100, 200)) sink.write('info', [number]);
    sink.reopen();
    sink.reopen();
    for (const number of numbers.slice(200)) sink.write('info', [number]);
    await sink.close();
    const [old, fresh] = await Promise.all([readFile(`${path}.1`, 'utf8'), readFile(path, 'utf8')]);
    expect(`${old}${fresh}`).toBe(numbers.map((number) => `${number}\n`).join(''));
    expect(fresh).toContain('299\n');
  });

  it('stays the old one when it cannot be opened anew', async () => {
    const sink = openFileSink(path);
    await rename(folder, `${folder}.moved`);
    expect(() => sink.reopen()).toThrow(`could not open log file "${path}"`);
    sink.write('info', ['still here']);
    await sink.close();
    await rename(`${folder}.moved`, folder);
    expect(await readFile(path, 'utf8')).toBe('still here\n');
  });

  it('that cannot be opened is an error', () => {
    expect(() => openFileSink(join(folder, 'missing', 'x.log'))).toThrow('could not open log file');
  });

  it('loses what is too much to hold back, and says how much', async () => {
    const sink = openFileSink(path);
    const long = 'x'.repeat(MOST_PENDING_BYTES / 2);
    sink.write('info', ['first']);
    sink.write('info', [long]);
    sink.write('info', [long, 'lost with it']);
    sink.write('info', ['kept']);
    await sink.close();
    expect((await readFile(path, 'utf8')).split('\n').filter((line) => line !== long)).toEqual([
      'first',
      '(2 lines of this log could not be written)',
      'kept',
      '',
    ]);
  });

  it('is left alone once closed', async () => {
    const sink = openFileSink(path);
    await sink.close();
    sink.write('info', ['late']);
    await sink.close();
    expect(await readFile(path, 'utf8')).toBe('');
  });
});

describe('a disk that is full', () => {
  it('costs lines, not the daemon', async () => {
    const sink = openFileSink('/dev/full');
    sink.write('error', ['one']);
    sink.write('error', ['two']);
    await expect(sink.close()).resolves.toBeUndefined();
  });
});
