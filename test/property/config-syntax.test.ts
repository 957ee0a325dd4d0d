import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { loadSettings } from '../../src/config/load-settings.ts';
import { parseConfigText } from '../../src/config/syntax/parse-config-text.ts';
import { tokenizeLine } from '../../src/config/syntax/tokenize-line.ts';
import { quote, unquote } from '../../src/config/syntax/unquote.ts';
import { ConfigurationError } from '../../src/domain/errors/repmgr-error.ts';
import { configFilesInMemory } from '../unit/config/config-files-in-memory.ts';

const anyText = fc.string({ unit: 'binary' });

/** Pieces that make random text look like a configuration file often enough. */
const fragment = fc.oneof(
  fc.constantFrom(
    "'",
    "''",
    '\\',
    '=',
    ' ',
    '\t',
    '\r',
    '\n',
    '#',
    '"',
    '/',
    '-',
    '.',
    '0x1',
    '12',
    'é',
    '\0',
  ),
  fc.constantFrom("include 'repmgr.conf'", "include_dir '.'", "include_if_exists 'x'"),
  fc.constantFrom('node_id', 'lease', 'tablespace_mapping', 'tru'),
  fc.string({ maxLength: 4 }),
);
const configLike = fc.array(fragment, { maxLength: 40 }).map((parts) => parts.join(''));

describe('quoting', () => {
  it('is undone by unquoting, for every text without a zero byte or broken surrogates', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        expect(unquote(quote(text))).toBe(text);
      }),
    );
  });

  it('makes one token of one line', () => {
    fc.assert(
      fc.property(anyText, (text) => {
        const quoted = quote(text);
        expect(tokenizeLine(quoted)).toEqual({ ok: true, tokens: [{ kind: 'quoted', text: quoted }] });
      }),
    );
  });
});

describe('a line', () => {
  it('of a name and a quoted value is read back, however it is spaced', () => {
    const blank = fc.constantFrom('', ' ', '\t', '  \t');
    const name = fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_]{0,20}$/);
    const value = fc.string({ unit: 'grapheme' }).filter((text) => !/[\0\ufffd]/.test(text));
    const comment = fc.constantFrom('', '#', "# it's = 'odd'");
    const equals = fc.constantFrom('=', '');
    fc.assert(
      fc.property(
        fc.record({ name, value, comment, equals, blanks: fc.tuple(blank, blank, blank, blank) }),
        (line) => {
          const [first, second, third, fourth] = line.blanks;
          const text = `${first}${line.name}${second}${line.equals}${third}${quote(line.value)}${fourth}${line.comment}`;
          expect(parseConfigText(text)).toEqual({
            entries: [{ name: line.name, value: line.value, quoted: true, line: 1 }],
            problems: [],
          });
        },
      ),
    );
  });

  it('is an entry, a problem or nothing, independently of its neighbours', () => {
    const line = configLike.map((text) => text.replaceAll('\n', ''));
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), (lines) => {
        const together = parseConfigText(lines.join('\n'));
        const alone = lines.map((text) => parseConfigText(text));
        const at =
          (index: number) =>
          <Item extends object>(item: Item) => ({ ...item, line: index + 1 });
        expect(together.entries).toEqual(alone.flatMap(({ entries }, index) => entries.map(at(index))));
        expect(together.problems).toEqual(alone.flatMap(({ problems }, index) => problems.map(at(index))));
      }),
    );
  });
});

describe('loading', () => {
  const content = fc.oneof(configLike, fc.uint8Array({ maxLength: 300 }));

  it('of anything ends with settings or with a ConfigurationError', async () => {
    await fc.assert(
      fc.asyncProperty(content, content, async (main, other) => {
        const files = configFilesInMemory({
          '/etc/repmgr.conf': main,
          '/etc/x': other,
          '/etc/y.conf': other,
        });
        const outcome: unknown = await loadSettings({ cwd: '/', files }).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).toBeInstanceOf(ConfigurationError);
        else expect(outcome).toMatchObject({ configFile: '/etc/repmgr.conf' });
      }),
    );
  });
});
