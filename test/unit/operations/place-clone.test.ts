import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileSystem } from '../../../src/host/files/file-system.ts';
import { guardDirectories } from '../../../src/operations/guard-directories.ts';
import {
  besideObstacles,
  placeObstacle,
  planClonePlace,
  restrictMode,
} from '../../../src/operations/place-clone.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import { FakeClock } from '../../fakes/fake-host.ts';
import { partialPort } from '../../fakes/partial-port.ts';

const files = createFileSystem({ find: async () => undefined });
const adapters = partialPort<Adapters>('Adapters', { files, clock: new FakeClock() });
let folder: string;
let target: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'place-clone-'));
  target = join(folder, 'data');
});

afterEach(() => rmSync(folder, { recursive: true }));

const place = (kind: 'create' | 'use' | 'replace') =>
  planClonePlace({ adapters }, { target, kind, purpose: 'clone' });

function fill(directory: string, name: string): void {
  mkdirSync(directory, { recursive: true });
  writeFileSync(join(directory, name), name);
}

describe('a place that is created', () => {
  it('is removed again as a whole, its parents stay', async () => {
    target = join(folder, 'a', 'b', 'data');
    const made = place('create');
    expect(existsSync(join(folder, 'a'))).toBe(false);
    await made.prepare();
    expect(statSync(target).mode & 0o777).toBe(0o700);
    fill(join(target, 'base'), '1');
    await made.abandon();
    expect(readdirSync(join(folder, 'a', 'b'))).toEqual([]);
  });

  it('is not touched before it was prepared', async () => {
    fill(target, 'of somebody else');
    await place('create').abandon();
    expect(readdirSync(target)).toEqual(['of somebody else']);
  });
});

describe('placeObstacle', () => {
  it('is none where the directory can be made or filled, and leaves no trace', async () => {
    expect(await placeObstacle({ adapters }, join(folder, 'a', 'b', 'data'))).toBeUndefined();
    expect(readdirSync(folder)).toEqual([]);
    mkdirSync(target);
    expect(await placeObstacle({ adapters }, target)).toBeUndefined();
    expect(readdirSync(target)).toEqual([]);
  });

  it('is a file on the way', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(await placeObstacle({ adapters }, join(folder, 'file', 'data'))).toContain(join(folder, 'file'));
  });

  it('is a link that leads nowhere', async () => {
    symlinkSync('/nowhere', target);
    expect(await placeObstacle({ adapters }, target)).toContain('link to "/nowhere", which does not exist');
  });
});

describe('an empty place that is used', () => {
  it('is emptied again, but stays', async () => {
    mkdirSync(target, { mode: 0o755 });
    const used = place('use');
    await used.prepare();
    expect(statSync(target).mode & 0o777).toBe(0o700);
    fill(join(target, 'base'), '1');
    fill(target, 'PG_VERSION');
    await used.abandon();
    expect(readdirSync(target)).toEqual([]);
  });

  it('keeps the right of the group to read', async () => {
    mkdirSync(target, { mode: 0o750 });
    await restrictMode(files, target);
    expect(statSync(target).mode & 0o777).toBe(0o750);
  });
});

describe('a place that is replaced', () => {
  const stamp = '20261122T215310Z';

  it('is copied beside, and leaves the old one alone until the end', async () => {
    fill(target, 'old');
    const replaced = place('replace');
    expect(replaced.workDirectory).toBe(`${target}.clone-${stamp}`);
    await replaced.prepare();
    fill(replaced.workDirectory, 'new');
    expect(readdirSync(target)).toEqual(['old']);
    await replaced.moveIn();
    expect(readdirSync(target)).toEqual(['new']);
    expect(readdirSync(`${target}.old-${stamp}`)).toEqual(['old']);
  });

  it('can be given up at any time', async () => {
    fill(target, 'old');
    const replaced = place('replace');
    await replaced.abandon();
    await replaced.prepare();
    fill(replaced.workDirectory, 'new');
    await replaced.abandon();
    expect(readdirSync(folder)).toEqual(['data']);
    expect(readdirSync(target)).toEqual(['old']);
  });

  it('puts the old directory back when the exchange fails half-way', async () => {
    fill(target, 'old');
    const replaced = place('replace');
    await replaced.prepare();
    rmSync(replaced.workDirectory, { recursive: true });
    await expect(replaced.moveIn()).rejects.toThrow();
    expect(readdirSync(folder)).toEqual(['data']);
    expect(readdirSync(target)).toEqual(['old']);
  });
});

describe('besideObstacles', () => {
  it('sees none where there is room, and leaves nothing behind', async () => {
    fill(target, 'old');
    expect(await besideObstacles({ adapters }, target, 1_000n)).toEqual([]);
    expect(await besideObstacles({ adapters }, target, null)).toEqual([]);
    expect(readdirSync(folder)).toEqual(['data']);
  });

  it('sees a lack of room', async () => {
    fill(target, 'old');
    const problems = await besideObstacles({ adapters }, target, 10n ** 18n);
    expect(problems).toEqual([expect.stringContaining('the copy needs about 1000000000000000000')]);
  });

  it('sees a mount point', async () => {
    const mounted = partialPort<Adapters>('Adapters', {
      clock: new FakeClock(),
      files: {
        ...files,
        status: async (path) => {
          const status = await files.status(path);
          return status && { ...status, device: path === target ? '2' : '1' };
        },
      },
    });
    fill(target, 'old');
    expect(await besideObstacles({ adapters: mounted }, target, null)).toEqual([
      expect.stringContaining('is a mount point'),
    ]);
  });
});

describe('guardDirectories', () => {
  it('knows which are in use, and clears only what was filled meanwhile', async () => {
    const [absent, empty, occupied] = ['absent', 'empty', 'occupied'].map((name) => join(folder, name)) as [
      string,
      string,
      string,
    ];
    mkdirSync(empty);
    fill(occupied, 'precious');
    const guarded = await guardDirectories(files, [absent, empty, occupied]);
    expect(guarded.occupied).toEqual([occupied]);
    for (const directory of [absent, empty, occupied]) fill(directory, 'copied');
    await guarded.clear();
    expect(existsSync(absent)).toBe(false);
    expect(readdirSync(empty)).toEqual([]);
    expect(readdirSync(occupied)).toEqual(['copied', 'precious']);
  });
});
