import { mkdirSync, mkdtempSync, readdirSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OperationFailed } from '../../../../src/domain/errors/repmgr-error.ts';
import { createFileSystem } from '../../../../src/host/files/file-system.ts';
import { createProcessTable } from '../../../../src/host/process/process-table.ts';

describe('the file system', () => {
  const files = createFileSystem(createProcessTable());
  let folder: string;
  const at = (name: string): string => join(folder, name);
  const modeOf = (name: string): number => statSync(at(name)).mode & 0o7777;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'repmgr-files-'));
  });
  afterEach(() => {
    rmSync(folder, { recursive: true });
  });

  it('writes files with the mode asked for, whatever the umask', async () => {
    const umask = process.umask(0o077);
    await files.writeDurably(at('a'), 'one', { mode: 0o640 });
    await files.writeDurably(at('a'), Buffer.from([0xff, 0x0a]), { mode: 0o644 });
    process.umask(umask);
    await files.writeDurably(at('b'), 'two');
    expect(modeOf('a')).toBe(0o644);
    expect(modeOf('b')).toBe(0o600);
    expect(await files.readBytes(at('a'))).toEqual(Buffer.from([0xff, 0x0a]));
    expect(await files.readText(at('b'))).toBe('two');
    expect(await files.list(folder)).toEqual(['a', 'b']);
  });

  it('appends to a file, which only its owner may read', async () => {
    await files.append(at('a'), 'one\n');
    await files.append(at('a'), 'two\n');
    expect(await files.readText(at('a'))).toBe('one\ntwo\n');
    expect(modeOf('a')).toBe(0o600);
    await expect(files.append(at('no/such/folder'), 'x')).rejects.toBeInstanceOf(OperationFailed);
  });

  it('leaves the old file and no other behind when writing fails', async () => {
    mkdirSync(at('taken'));
    const writing = files.writeDurably(at('taken'), 'x');
    await expect(writing).rejects.toBeInstanceOf(OperationFailed);
    await expect(writing).rejects.toThrow(at('taken'));
    await expect(files.writeDurably(at('no/such/folder'), 'x')).rejects.toMatchObject({
      exit: 'SYS_FAILURE',
    });
    expect(readdirSync(folder)).toEqual(['taken']);
  });

  it('tells what is absent from what fails', async () => {
    expect(await files.readText(at('absent'))).toBeUndefined();
    expect(await files.readBytes(at('absent'))).toBeUndefined();
    expect(await files.list(at('absent'))).toBeUndefined();
    expect(await files.status(at('absent'))).toBeUndefined();
    expect(await files.realPath(at('absent'))).toBeUndefined();
    expect(await files.exists(at('absent'))).toBe(false);
    expect(await files.removeFile(at('absent'))).toBe(false);
    await files.removeTree(at('absent'));
    await expect(files.readText(folder)).rejects.toThrow(/unable to read file/);
  });

  it('creates an empty file once', async () => {
    expect(await files.createEmptyDurably(at('x'))).toBe(true);
    await files.writeDurably(at('x'), 'content');
    expect(await files.createEmptyDurably(at('x'))).toBe(false);
    expect(await files.readText(at('x'))).toBe('content');
  });

  it('copies, renames and removes', async () => {
    await files.writeDurably(at('x'), 'content', { mode: 0o640 });
    await files.copyFileDurably(at('x'), at('y'));
    await files.copyFileDurably(at('x'), at('z'), { mode: 0o600 });
    expect([modeOf('y'), modeOf('z')]).toEqual([0o640, 0o600]);
    await expect(files.copyFileDurably(at('absent'), at('w'))).rejects.toThrow(/absent/);
    await files.renameDurably(at('y'), at('moved'));
    expect(await files.removeFile(at('z'))).toBe(true);
    expect(await files.list(folder)).toEqual(['moved', 'x']);
  });

  it('makes folders private and removes trees without following links', async () => {
    await files.makeDirectory(at('a/b/c'));
    expect([modeOf('a'), modeOf('a/b/c')]).toEqual([0o700, 0o700]);
    await files.makeDirectory(at('a'), { mode: 0o750 });
    expect(modeOf('a')).toBe(0o750);
    mkdirSync(at('kept'));
    writeFileSync(at('kept/file'), '');
    symlinkSync(at('kept'), at('a/link'));
    expect(await files.linkTarget(at('a/link'))).toBe(at('kept'));
    expect(await files.linkTarget(at('a'))).toBeUndefined();
    expect(await files.realPath(at('a/link'))).toBe(await files.realPath(at('kept')));
    await files.removeTree(at('a'));
    expect(await files.list(folder)).toEqual(['kept']);
    expect(await files.exists(at('kept/file'))).toBe(true);
  });

  it('measures space', async () => {
    expect(await files.freeBytes(at('not/there/yet'))).toBeGreaterThan(0);
    mkdirSync(at('a'));
    writeFileSync(at('a/one'), 'x'.repeat(100_000));
    expect(await files.occupiedBytes(folder)).toBeGreaterThanOrEqual(100_000);
    expect(await files.occupiedBytes(at('absent'))).toBe(0);
  });

  describe('inspects data directories', () => {
    it('of every kind', async () => {
      expect(await files.inspectDataDirectory(at('absent'))).toEqual({ kind: 'absent' });
      writeFileSync(at('file'), '');
      expect(await files.inspectDataDirectory(at('file'))).toEqual({ kind: 'notADirectory' });
      mkdirSync(at('data'));
      expect(await files.inspectDataDirectory(at('data'))).toEqual({ kind: 'empty' });
      writeFileSync(at('data/lost'), '');
      expect(await files.inspectDataDirectory(at('data'))).toEqual({ kind: 'notEmpty' });
      writeFileSync(at('data/PG_VERSION'), '15\n');
      const found = { kind: 'dataDirectory', majorVersion: 15, livePostmasterPid: undefined };
      expect(await files.inspectDataDirectory(at('data'))).toEqual(found);
      // Ours is no postmaster of this folder, as it works elsewhere.
      writeFileSync(at('data/postmaster.pid'), `${process.pid}\n`);
      expect(await files.inspectDataDirectory(at('data'))).toEqual(found);
    });

    it('with a live postmaster', async () => {
      mkdirSync(at('data'));
      writeFileSync(at('data/PG_VERSION'), '15\n');
      writeFileSync(at('data/postmaster.pid'), '4711\n');
      const entry = { pid: 4711, parentPid: 1, name: 'postgres', startTicks: '1', isZombie: false };
      const inspect = (found: typeof entry, workingDirectory: string | undefined) =>
        createFileSystem({ find: async () => ({ ...found, workingDirectory }) }).inspectDataDirectory(
          at('data'),
        );
      const real = await files.realPath(at('data'));
      expect(await inspect(entry, real)).toMatchObject({ livePostmasterPid: 4711 });
      expect(await inspect(entry, undefined)).toMatchObject({ livePostmasterPid: 4711 });
      expect(await inspect(entry, '/')).toMatchObject({ livePostmasterPid: undefined });
      expect(await inspect({ ...entry, isZombie: true }, real)).toMatchObject({
        livePostmasterPid: undefined,
      });
    });
  });
});
