import { describe, expect, it } from 'vitest';
import { linesMatching, projectFiles } from './project-files.ts';

const files = projectFiles();
const code = files.filter(({ path }) => /^(src|test|lab|scripts)\//.test(path));
/** This file has to name what it looks for. */
const others = files.filter(({ path }) => path !== 'test/unit/tidy/leftovers.test.ts');
const otherCode = others.filter((file) => code.includes(file));

describe('nothing is left over', () => {
  it('to be done', () => {
    expect(linesMatching(others, /\b(TODO|FIXME|HACK|XXX)\b/)).toEqual([]);
  });

  it('of tests that are skipped, awaited or run alone', () => {
    const pattern = /\b(it|test|describe|suite)(\.\w+)*\.(skip|only|todo|fails)\b/;
    expect(linesMatching(otherCode, pattern)).toEqual([]);
  });

  it('of switched-off checks without a reason', () => {
    const directive = /(eslint|oxlint)-disable|@ts-(ignore|nocheck|expect-error)|biome-ignore/;
    const withReason = /(-disable\S* [^*]*|@ts-expect-error) -- \S|biome-ignore [^:]+: \S/;
    const found = linesMatching(otherCode, directive).filter((line) => !withReason.test(line));
    expect(found).toEqual([]);
  });

  it('of the machine that something was written on', () => {
    const machine =
      /(?<![\w.])(\/work\/|\/root\/|\/Users\/|\/home\/(?!me\/|postgres\/)[\w-]+\/)|\/tmp\/[a-z]+-?brief/;
    expect(linesMatching(others, machine)).toEqual([]);
  });
});
