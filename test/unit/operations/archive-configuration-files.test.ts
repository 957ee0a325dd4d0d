import {
  existsSync,
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
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError } from '../../../src/domain/errors/repmgr-error.ts';
import { createFileSystem } from '../../../src/host/files/file-system.ts';
import {
  archiveConfigurationFiles,
  checkArchive,
  restoreConfigurationFiles,
} from '../../../src/operations/archive-configuration-files.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import { type FakeOperationContext, operationContext } from '../../fakes/operation-context.ts';
import { partialPort } from '../../fakes/partial-port.ts';

const adapters = partialPort<Adapters>('Adapters', {
  files: createFileSystem({ find: async () => undefined }),
});
let folder: string;
let data: string;
let context: FakeOperationContext;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'archive-configuration-'));
  data = join(folder, 'data');
  mkdirSync(join(data, 'conf.d'), { recursive: true });
  for (const name of ['postgresql.conf', 'pg_hba.conf', 'own.conf', 'conf.d/extra.conf', 'PG_VERSION']) {
    writeFileSync(join(data, name), `own ${name}`, { mode: 0o644 });
  }
  context = operationContext(adapters);
});

afterEach(() => rmSync(folder, { recursive: true }));

const archive = (...names: string[]) =>
  archiveConfigurationFiles(context, { dataDirectory: data, archiveRoot: `${folder}/`, names });
const directory = (): string => join(folder, 'repmgr-config-archive-node1');

describe('checkArchive', () => {
  const check = (archiveRoot: string, ...names: string[]) =>
    checkArchive(context, { dataDirectory: data, archiveRoot, names });

  it('leaves no trace, also in an archive that is there', async () => {
    await check(folder, 'own.conf');
    expect(readdirSync(folder)).toEqual(['data']);
    const { names } = await archive();
    await check(folder);
    expect(readdirSync(directory()).toSorted()).toEqual(names.toSorted());
  });

  it('refuses what the archive itself would refuse', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(check(join(folder, 'file'))).rejects.toThrow(ConfigurationError);
    await expect(check(folder, '../outside')).rejects.toThrow('not inside the data directory');
  });
});

describe('archiveConfigurationFiles', () => {
  it('keeps the standard files that are there without being asked', async () => {
    expect((await archive()).names).toEqual(['postgresql.conf', 'pg_hba.conf']);
    expect(context.records).toEqual([]);
    expect(statSync(directory()).mode & 0o777).toBe(0o700);
  });

  it('keeps those that are asked for, each once', async () => {
    const { names } = await archive('own.conf', 'postgresql.conf', 'conf.d/extra.conf');
    expect(names).toEqual(['own.conf', 'postgresql.conf', 'conf.d/extra.conf', 'pg_hba.conf']);
  });

  it('restores them with mode 0600, also again after an interruption', async () => {
    const kept = await archive('conf.d/extra.conf');
    for (const name of kept.names) writeFileSync(join(data, name), 'of the other node');
    const again = { ...kept, dataDirectory: data };
    await restoreConfigurationFiles(context, again);
    await restoreConfigurationFiles(context, { ...again, names: [...kept.names, 'gone.conf'] });
    expect(readFileSync(join(data, 'conf.d/extra.conf'), 'utf8')).toBe('own conf.d/extra.conf');
    expect(statSync(join(data, 'postgresql.conf')).mode & 0o777).toBe(0o600);
  });

  it('can be thrown away', async () => {
    await (await archive()).discard();
    expect(existsSync(directory())).toBe(false);
  });

  it('warns of a file that is asked for and missing', async () => {
    expect((await archive('missing.conf')).names).not.toContain('missing.conf');
    expect(context.messages()).toEqual([expect.stringContaining('warning: "missing.conf" is not in')]);
  });

  it('empties an archive that an earlier rejoin left, but only of files', async () => {
    mkdirSync(join(directory(), 'folder'), { recursive: true });
    writeFileSync(join(directory(), 'stale.conf'), '');
    await archive();
    expect(readdirSync(directory())).toEqual(['folder', 'pg_hba.conf', 'postgresql.conf']);
  });

  it.each(['/etc/passwd', '../outside', 'conf.d/../../outside'])('refuses %s', async (name) => {
    await expect(archive(name)).rejects.toBeInstanceOf(ConfigurationError);
  });

  it('refuses an archive that is no directory', async () => {
    writeFileSync(directory(), '');
    await expect(archive()).rejects.toMatchObject({ exit: 'BAD_CONFIG' });
  });

  it('says where it can not be made', async () => {
    writeFileSync(join(folder, 'file'), '');
    const request = { dataDirectory: data, archiveRoot: join(folder, 'file'), names: [] };
    await expect(archiveConfigurationFiles(context, request)).rejects.toMatchObject({
      hint: expect.stringContaining('--config-archive-dir'),
    });
  });
});
