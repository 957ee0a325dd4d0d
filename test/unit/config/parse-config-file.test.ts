import { describe, expect, it } from 'vitest';
import { parseConfigFile } from '../../../src/config/parse-config-file.ts';
import { configFilesInMemory } from './config-files-in-memory.ts';

const main = '/etc/repmgr/repmgr.conf';

async function parse(contents: Record<string, string | Uint8Array | null>) {
  const { entries, problems } = await parseConfigFile(main, configFilesInMemory(contents));
  return { places: entries.map(({ file, line, value }) => `${file}:${line} ${value}`), problems };
}

describe('include', () => {
  it('reads a file in place, relative to the file that includes it', async () => {
    const { places, problems } = await parse({
      [main]: "a=1\ninclude 'conf/extra.conf'\na=4",
      '/etc/repmgr/conf/extra.conf': "a=2\nInclude = 'deeper.conf'",
      '/etc/repmgr/conf/deeper.conf': 'a=3',
    });
    expect(problems).toEqual([]);
    expect(places).toEqual([
      '/etc/repmgr/repmgr.conf:1 1',
      '/etc/repmgr/conf/extra.conf:1 2',
      '/etc/repmgr/conf/deeper.conf:1 3',
      '/etc/repmgr/repmgr.conf:3 4',
    ]);
  });

  it.each([
    ["include 'missing.conf'", `${main}:1: file "/etc/repmgr/missing.conf" does not exist`],
    ['include missing.conf', `${main}:1: syntax error: include needs a name in single quotes`],
    ["include ''", `${main}:1: syntax error: include needs a name in single quotes`],
    ["include_if_exists 'secret'", `${main}:1: could not read "/etc/repmgr/secret": permission denied`],
    ["include_dir 'missing.d'", `${main}:1: folder "/etc/repmgr/missing.d" does not exist`],
    ["include 'repmgr.conf'", `${main}:1: "${main}" includes itself`],
    ["include '../repmgr/./repmgr.conf'", `${main}:1: "${main}" includes itself`],
  ])('%s is a problem', async (text, problem) => {
    const { problems } = await parse({ [main]: text, '/etc/repmgr/secret': null });
    expect(problems).toEqual([problem]);
  });

  it('finds a circle through another file', async () => {
    const { problems } = await parse({
      [main]: "include 'b.conf'",
      '/etc/repmgr/b.conf': "include 'repmgr.conf'",
    });
    expect(problems).toEqual([`/etc/repmgr/b.conf:1: "${main}" includes itself`]);
  });

  it('goes ten levels deep and no further', async () => {
    const chain = (depth: number): Record<string, string> =>
      Object.fromEntries([
        [main, "include '1.conf'"],
        ...Array.from({ length: depth }, (_, index) => [
          `/etc/repmgr/${index + 1}.conf`,
          index + 1 === depth ? 'a=b' : `include '${index + 2}.conf'`,
        ]),
      ]);
    expect(await parse(chain(10))).toEqual({ places: ['/etc/repmgr/10.conf:1 b'], problems: [] });
    expect((await parse(chain(11))).problems).toEqual([
      '/etc/repmgr/10.conf:1: "/etc/repmgr/11.conf" is included more than 10 levels deep',
    ]);
  });

  it('if_exists passes over a file that is missing', async () => {
    const text = "include_if_exists 'missing.conf'\ninclude_if_exists '/else/where.conf'";
    const { places, problems } = await parse({ [main]: text, '/else/where.conf': 'a=1' });
    expect({ places, problems }).toEqual({ places: ['/else/where.conf:1 1'], problems: [] });
  });

  it('_dir reads visible *.conf files in bytewise order', async () => {
    const names = ['b.conf', 'a.conf', 'B.conf', 'ä.conf', '10.conf', '9.conf', 'ab.conf', 'a-b.conf'];
    const skipped = ['.hidden.conf', '.conf', 'a.conf.bak', 'readme'];
    const { places, problems } = await parse({
      [main]: "include_dir 'conf.d'",
      ...Object.fromEntries([...names, ...skipped].map((name) => [`/etc/repmgr/conf.d/${name}`, 'a=1'])),
      '/etc/repmgr/conf.d/folder.conf/x': 'a=1',
    });
    expect(problems).toEqual([]);
    expect(places.map((place) => /([^/]*):1 1$/.exec(place)?.[1])).toEqual([
      '10.conf',
      '9.conf',
      'B.conf',
      'a-b.conf',
      'a.conf',
      'ab.conf',
      'b.conf',
      'ä.conf',
    ]);
  });
});

describe('problems', () => {
  it('of all files are collected with their places', async () => {
    const { places, problems } = await parse({
      [main]: "$\ninclude 'b.conf'\na=1\n=",
      '/etc/repmgr/b.conf': '\n"',
    });
    expect(places).toEqual([`${main}:3 1`]);
    expect(problems).toEqual([
      `${main}:1: syntax error near "$"`,
      `${main}:4: syntax error near "="`,
      '/etc/repmgr/b.conf:2: syntax error near """; values are put in single quotes',
    ]);
  });

  it('are also a main file that is missing or unreadable', async () => {
    expect((await parse({})).problems).toEqual([`file "${main}" does not exist`]);
    expect((await parse({ [main]: null })).problems).toEqual([`could not read "${main}": permission denied`]);
  });

  it('are not a byte order mark or Latin-1 in a comment', async () => {
    const { places, problems } = await parse({
      [main]: Uint8Array.of(0xef, 0xbb, 0xbf, 0x23, 0xf6, 10, 97, 61, 49),
    });
    expect({ places, problems }).toEqual({ places: [`${main}:2 1`], problems: [] });
  });
});
