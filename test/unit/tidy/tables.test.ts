import { describe, expect, it } from 'vitest';
import { commandTable } from '../../../src/cli/argv/commands.ts';
import { optionNames, optionSpec } from '../../../src/cli/argv/options.ts';
import { settingNamed, settingNames } from '../../../src/config/settings.ts';

/** A sentence or more, or several paragraphs of them. */
const sentences = /^[^a-z].*[.:]$/s;

describe('what users read is there', () => {
  it.each(commandTable.map((spec) => [spec.path.join(' '), spec] as const))('for %s', (_name, spec) => {
    expect(spec.summary).toMatch(/^[a-z].*[^.]$/);
    expect(spec.description).toMatch(sentences);
    for (const meaning of Object.values(spec.exitStatuses)) expect(meaning.trim()).not.toBe('');
    expect(Object.keys(spec.exitStatuses)).not.toEqual([]);
  });

  it('for every option', () => {
    expect(optionNames.filter((name) => !sentences.test(optionSpec(name).text))).toEqual([]);
  });

  it('for every parameter of repmgr.conf', () => {
    expect(settingNames.filter((name) => !sentences.test(settingNamed(name).text))).toEqual([]);
  });
});

describe('commands', () => {
  it('have one meaning for each spelling', () => {
    const spellings = commandTable.flatMap((spec) => [spec.path, ...(spec.aliases ?? [])]);
    const lines = spellings.map((words) => words.join(' '));
    expect(lines).toEqual([...new Set(lines)]);
  });
});
