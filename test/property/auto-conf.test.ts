import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mergeAutoConf, readAutoConfValue } from '../../src/postgres/configuration/auto-conf.ts';

const value = fc.string({ unit: 'grapheme', maxLength: 40 }).map((text) => text.replaceAll(/[\n\r\0]/g, ' '));
const nasty = fc.stringMatching(/^['"\\=#% a\t]{0,12}$/);
const name = fc.constantFrom('primary_conninfo', 'primary_slot_name', 'restore_command', 'other', 'x.y');
const settings = fc.uniqueArray(fc.tuple(name, fc.oneof(value, nasty)), { selector: ([key]) => key });

describe('any settings in postgresql.auto.conf', () => {
  it('are read back as they were written, whatever was there before', () => {
    fc.assert(
      fc.property(settings, settings, (before, after) => {
        const content = mergeAutoConf(mergeAutoConf('', before), after);
        const expected = new Map([...before, ...after]);
        for (const [key, written] of expected) expect(readAutoConfValue(content, key)).toBe(written);
      }),
    );
  });

  it('stay byte for byte the same when others change', () => {
    const line = fc.string({ unit: 'binary', maxLength: 30 }).map((text) => {
      const bytes = Buffer.from(text)
        .toString('latin1')
        .replaceAll(/[\n\r]/g, '');
      return `unrelated = '${bytes}`;
    });
    fc.assert(
      fc.property(fc.array(line, { minLength: 1 }), settings, (lines, changes) => {
        const before = `${lines.join('\n')}\n`;
        expect(mergeAutoConf(before, changes).startsWith(before)).toBe(true);
      }),
    );
  });

  it('are gone after their removal', () => {
    fc.assert(
      fc.property(settings, (written) => {
        const content = mergeAutoConf('', written);
        const removed = mergeAutoConf(
          content,
          written.map(([key]) => [key, null] as const),
        );
        expect(removed).toBe(mergeAutoConf('', []));
      }),
    );
  });
});
