import { fstatSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { jsonLines } from '../../../../src/observability/logger/encoders.ts';
import { openDaemonLog } from '../../../../src/observability/logger/open-daemon-log.ts';

let folder = '';
let path = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repmgr-log-'));
  path = join(folder, 'repmgrd.log');
});

afterEach(() => rm(folder, { recursive: true }));

const standardError = { level: 'INFO', facility: 'STDERR', file: '' };

function open(changes: Partial<Parameters<typeof openDaemonLog>[0]> = {}) {
  const stderr = new PassThrough({ encoding: 'utf8' });
  const log = openDaemonLog({ ...standardError, program: 'repmgrd', stderr, environment: {}, ...changes });
  return { log, read: () => String(stderr.read() ?? '') };
}

describe('the log of a daemon', () => {
  it('goes to standard error by default', () => {
    const { log, read } = open();
    log.notice('a', { detail: 'b' });
    log.debug('c');
    expect(read()).toMatch(
      /^\[[-0-9]{10} [:0-9]{8}\] \[NOTICE\] a\n\[[-0-9]{10} [:0-9]{8}\] \[DETAIL\] b\n$/,
    );
  });

  it('has priorities where standard error is the journal', () => {
    const { dev, ino } = fstatSync(2, { bigint: true });
    const stderr = Object.assign(new PassThrough({ encoding: 'utf8' }), { fd: 2 });
    const environment = { JOURNAL_STREAM: `${dev}:${ino}` };
    openDaemonLog({ ...standardError, program: 'repmgrd', stderr, environment }).warning('a');
    expect(stderr.read()).toMatch(/^<4>\[.*\] \[WARNING\] a\n$/);
  });

  it('takes a new level when the configuration is reloaded', () => {
    const { log, read } = open();
    log.apply({ ...standardError, level: 'debug' });
    log.debug('a');
    log.apply({ ...standardError, level: 'ERROR' });
    log.warning('b');
    expect(read()).toMatch(/\[DEBUG\] a\n$/);
  });

  it('moves to a file and back', async () => {
    const { log, read } = open();
    log.apply({ ...standardError, file: path });
    log.info('to the file');
    log.apply(standardError);
    log.info('to standard error');
    await log.close();
    expect(read()).toMatch(/^\[.*\] \[INFO\] to standard error\n$/);
    await expect.poll(() => readFile(path, 'utf8')).toMatch(/^\[.*\] \[INFO\] to the file\n$/);
  });

  it('follows the rotation of its file', async () => {
    const destination = { ...standardError, file: path };
    const { log } = open(destination);
    log.info('before');
    await rename(path, `${path}.1`);
    log.apply(destination);
    log.info('after');
    await log.close();
    const [old, fresh] = await Promise.all([readFile(`${path}.1`, 'utf8'), readFile(path, 'utf8')]);
    expect([old, fresh]).toEqual([expect.stringMatching(/before\n$/), expect.stringMatching(/after\n$/)]);
  });

  it('stays as it was when the new file cannot be opened', () => {
    const { log, read } = open();
    expect(() => log.apply({ level: 'DEBUG', facility: 'STDERR', file: join(folder, 'x', 'y') })).toThrow(
      'could not open log file',
    );
    log.debug('too low still');
    log.info('here');
    expect(read()).toMatch(/^\[.*\] \[INFO\] here\n$/);
  });

  it('refuses to begin with a file that cannot be opened', () => {
    expect(() => open({ file: join(folder, 'x', 'y') })).toThrow('could not open log file');
  });

  it('can be JSON', () => {
    const { log, read } = open({ encoder: jsonLines });
    log.error('a', { facts: { node: 2 } });
    expect(JSON.parse(read())).toMatchObject({ level: 'error', message: 'a', facts: { node: 2 } });
  });
});
