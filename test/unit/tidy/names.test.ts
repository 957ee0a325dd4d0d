import { describe, expect, it } from 'vitest';
import { projectFiles } from './project-files.ts';

/** Names that say nothing: what is in such a file ends up there because it fits nowhere. */
const emptyNames = new Set([
  'util',
  'utils',
  'helper',
  'helpers',
  'common',
  'misc',
  'manager',
  'handler',
  'base',
  'shared',
  'lib',
]);

/** What systemd calls itself. */
const properNames = new Set(['service-manager']);

const paths = projectFiles().map(({ path }) => path);

describe('names of files and folders', () => {
  it('are not those of files that only hand on what others export', () => {
    expect(paths.filter((path) => /^(src|test|lab|scripts)\/(.*\/)?index\./.test(path))).toEqual([]);
  });

  it('say what is inside', () => {
    const empty = paths.filter((path) =>
      path.split('/').some((part) => {
        const name = part.replace(/\..*$/, '');
        return !properNames.has(name) && name.split('-').some((word) => emptyNames.has(word));
      }),
    );
    expect(empty).toEqual([]);
  });

  it('are lower case words joined by hyphens', () => {
    const code = paths.filter((path) => /^(src|test|lab|scripts)\//.test(path));
    const kebab = /^[a-z][a-z0-9]*(-[a-z0-9]+)*(\.[a-z]+)*$/;
    expect(code.filter((path) => !path.split('/').every((part) => kebab.test(part)))).toEqual([]);
  });

  it('of tests repeat those of what they test', () => {
    const folders = new Set(paths.map((path) => path.slice(0, path.lastIndexOf('/'))));
    const known = ['cli', 'tidy', 'scripts', 'lab'];
    const strays = paths
      .filter((path) => path.startsWith('test/unit/') && path.endsWith('.test.ts'))
      .map((path) => path.slice('test/unit/'.length, path.lastIndexOf('/')))
      .filter((folder) => !known.includes(folder.split('/')[0] ?? '') && !folders.has(`src/${folder}`));
    expect([...new Set(strays)]).toEqual([]);
  });
});
