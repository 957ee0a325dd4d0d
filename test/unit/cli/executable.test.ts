import { execFileSync, spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProgram } from '../../../scripts/build-program.ts';

/** As root the program refuses before it looks at anything. */
const uid = process.getuid?.() === 0 ? 65_534 : (process.getuid?.() ?? -1);

let folder = '';
let program = '';

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'repmgr-executable-'));
  mkdirSync(join(folder, 'elsewhere'));
  program = join(folder, 'repmgr');
  await buildProgram({ name: 'repmgr', version: '9.8.7', outfile: program });
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the executable', () => {
  test('is one file that runs without packages beside it, and knows its version', () => {
    expect(statSync(program).mode & 0o777).toBe(0o755);
    expect(execFileSync(program, ['--version'], { encoding: 'utf8' })).toBe(
      'repmgr 5.5.0 (repmgr-ts 9.8.7)\n',
    );
  });

  test('runs through a symbolic link', () => {
    const link = join(folder, 'elsewhere', 'repmgr');
    symlinkSync(program, link);
    expect(execFileSync(link, ['--version-number'], { encoding: 'utf8' })).toBe('50500\n');
  });

  test('loads neither the PostgreSQL client nor TLS for what needs no connection', () => {
    const hook = join(folder, 'report-modules.cjs');
    writeFileSync(
      hook,
      `process.on('exit', () => process.stderr.write(process.moduleLoadList.join('\\n')));`,
    );
    const args = ['--require', hook, program, '--help'];
    const { stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8' });
    expect(stdout).toContain('Usage:');
    const loaded = stderr.split('\n').map((name) => name.replace('NativeModule ', ''));
    expect(loaded).toContain('fs');
    expect(['tls', 'http', 'crypto', 'child_process'].filter((name) => loaded.includes(name))).toEqual([]);
  });

  test('says so when its output cannot be written', () => {
    const { stderr, status } = spawnSync('sh', ['-c', `'${program}' --help > /dev/full`], {
      encoding: 'utf8',
    });
    expect({ status, stderr }).toEqual({
      status: 13,
      stderr: 'ERROR: the output could not be written: ENOSPC: no space left on device, write\n',
    });
  });

  test('says so when the current directory is gone', () => {
    const gone = mkdtempSync(join(tmpdir(), 'repmgr-gone-'));
    chmodSync(folder, 0o755);
    chownSync(gone, uid, -1);
    const line = `cd '${gone}' && rmdir '${gone}' && unset PWD && '${program}' -f x cluster show`;
    const { stderr, status } = spawnSync('bash', ['-c', line], { encoding: 'utf8', uid });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^ERROR: the current directory does not exist any more\n/);
  });

  test('does not mind a reader that leaves early', () => {
    const line = `'${program}' --help | head -n 1`;
    const { stdout, stderr, status } = spawnSync('sh', ['-c', line], { encoding: 'utf8' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(stdout).toMatch(/^repmgr [^\n]+\n$/);
  });
});
