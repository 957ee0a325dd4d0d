import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { conninfoKeywords } from '../../src/domain/conninfo/keywords.ts';
import { parseConninfo } from '../../src/domain/conninfo/parse-conninfo.ts';
import { renderConninfo } from '../../src/domain/conninfo/render-conninfo.ts';
import { ConfigurationError } from '../../src/domain/errors/repmgr-error.ts';
import { askLibpq, type Parsed } from './conninfo-ask-libpq.ts';

function askOurselves(text: string): Parsed {
  try {
    return { values: [...parseConninfo(text)] };
  } catch (error) {
    if (error instanceof ConfigurationError) return { error: error.message };
    throw error;
  }
}

/** libpq prints the first byte of the character only. */
const withoutCharacter = (parsed: Parsed): Parsed =>
  'error' in parsed ? { error: parsed.error.replace(/unexpected character "[^"]+"/, '') } : parsed;

const characters = Array.from('aZ09_.- /\\\'"=%@:,?&\t\nüé漢');
const wellFormed = fc.string({ unit: fc.constantFrom(...characters), maxLength: 12 });

function expectAgreement(strings: readonly string[], refusals: { atLeast: number; atMost: number }): void {
  const { parsed } = askLibpq({ parse: strings });
  const differences = strings
    .map((text, index) => ({
      text,
      libpq: withoutCharacter(parsed[index] ?? { error: 'no answer' }),
      ours: withoutCharacter(askOurselves(text)),
    }))
    .filter(({ libpq, ours }) => JSON.stringify(libpq) !== JSON.stringify(ours));
  expect(differences.slice(0, 10)).toEqual([]);
  // A generator that only makes good or only bad strings would prove little.
  const refused = parsed.filter((result) => 'error' in result).length / strings.length;
  expect(refused).toBeGreaterThan(refusals.atLeast);
  expect(refused).toBeLessThan(refusals.atMost);
}

const commonKeywords = conninfoKeywords.filter(({ since }) => since === undefined).map(({ name }) => name);
const keyword = fc.oneof(
  { weight: 20, arbitrary: fc.constantFrom(...commonKeywords) },
  { weight: 1, arbitrary: fc.constantFrom('requiressl', 'Host', 'hots', '', 'ssl', "h'ost", 'ü', 'host\\') },
);
const seed = 20_240_611;
/** Generous, for a machine that is busy with other things. */
const timeout = 60_000;

describe('keywords', () => {
  it('are those of libpq, in its order, with its variables and compiled-in values', () => {
    const { keywords, version } = askLibpq({});
    const known = conninfoKeywords.filter(({ since = 0 }) => since * 10_000 <= version);
    expect(known.map(({ name, variable, builtIn }) => [name, variable ?? null, builtIn ?? null])).toEqual(
      keywords,
    );
  });
});

describe('keyword/value strings', () => {
  const nasty = fc
    .array(
      fc.constantFrom(
        'host',
        'port',
        'dbname',
        'user',
        'password',
        'options',
        'requiressl',
        'nonsense',
        '=',
        '=',
        '=',
        ' = ',
        "'",
        "''",
        "\\'",
        '\\\\',
        '\\',
        ' ',
        ' ',
        '\t',
        '\n',
        '\v',
        '\f',
        '\r',
        'a',
        '5432',
        '1',
        'ü',
        '\u00a0',
        '"',
        ',',
        '/var/run',
        '%20',
        '-c',
        '@',
        '',
      ),
      { maxLength: 14 },
    )
    .map((fragments) => fragments.join(''));
  const quoted = wellFormed.map((value) => `'${value.replace(/['\\]/g, String.raw`\$&`)}'`);
  const plain = fc.oneof(
    fc.stringMatching(/^[a-z0-9./,:-]{0,9}$/),
    fc.constantFrom('\\ a', "a'b", '\\', 'a\\'),
  );
  const blank = fc.constantFrom('', '', '', ' ', '  ', '\t', '\n');
  const pair = fc
    .tuple(keyword, blank, blank, fc.oneof(quoted, plain, wellFormed))
    .map(([name, before, after, value]) => `${name}${before}=${after}${value}`);
  const likely = fc.array(pair, { maxLength: 6 }).map((pairs) => pairs.join(' '));

  it('are parsed or refused as libpq does', { timeout }, () => {
    expectAgreement(fc.sample(fc.oneof(nasty, likely, likely), { numRuns: 12_000, seed }), {
      atLeast: 0.2,
      atMost: 0.9,
    });
  });
});

describe('URIs', () => {
  const scheme = fc.constantFrom('postgresql://', 'postgres://');
  const nasty = fc
    .array(
      fc.constantFrom(
        '[',
        ']',
        '::1',
        'fe80::1%25eth0',
        ':',
        ':',
        '@',
        '/',
        '?',
        '&',
        '=',
        ',',
        '5432',
        'node1',
        '%',
        '%2',
        '%2F',
        '%zz',
        '%00',
        '%ff',
        '%C3%BC',
        '%E2%82',
        'ü',
        '漢',
        '#',
        "'",
        '+',
        '%20',
        'host',
        'ssl=true',
        'ssl=false',
        'sslmode',
        'requiressl=1',
        'hostaddr=',
        'user=u',
        'nonsense=1',
      ),
      { maxLength: 14 },
    )
    .map((fragments) => fragments.join(''));
  const encoded = wellFormed.map(encodeURIComponent);
  const host = fc.oneof(
    fc.constantFrom(
      '',
      'node1',
      '10.0.0.1',
      '[::1]',
      '[fe80::1%25eth0]',
      '%2Fvar%2Frun',
      '[]',
      '[::1',
      '[::1]x',
    ),
    encoded,
  );
  const port = fc.constantFrom('', '', ':', ':5432', ':%35432', ':x');
  const hosts = fc
    .array(
      fc.tuple(host, port).map(([name, suffix]) => name + suffix),
      { maxLength: 3 },
    )
    .map((list) => list.join(','));
  const credentials = fc.oneof(
    fc.constantFrom('', '', '@', ':@', 'u@', 'u:@', ':p@', 'u:p:q@', 'u%40x:%2Fp@'),
    fc.tuple(encoded, encoded).map(([user, password]) => `${user}:${password}@`),
  );
  const database = fc.oneof(
    fc.constantFrom('', '/', '/db', '//', '/a/b', '/%64b'),
    encoded.map((name) => `/${name}`),
  );
  const parameter = fc.oneof(
    fc.tuple(keyword, encoded).map(([name, value]) => `${encodeURIComponent(name)}=${value}`),
    fc.constantFrom('ssl=true', '%73sl=true', 'ssl=1', 'a', 'a=b=c', 'host=/tmp', 'port=%zz', 'requiressl=1'),
  );
  const query = fc.oneof(
    fc.constantFrom('', '', '?', '?&', '?a=b&'),
    fc.array(parameter, { minLength: 1, maxLength: 3 }).map((list) => `?${list.join('&')}`),
  );
  const likely = fc.tuple(credentials, hosts, database, query).map((parts) => parts.join(''));

  it('are parsed or refused as libpq does', { timeout }, () => {
    const uri = fc.tuple(scheme, fc.oneof(nasty, likely, likely)).map((parts) => parts.join(''));
    expectAgreement(fc.sample(uri, { numRuns: 12_000, seed }), { atLeast: 0.2, atMost: 0.9 });
  });
});

describe('renderConninfo', () => {
  it('writes what libpq reads back unchanged', { timeout }, () => {
    const value = fc.oneof(wellFormed, fc.string({ unit: 'binary', maxLength: 8 }).filter(isEncodable));
    const parameters = fc.uniqueArray(fc.tuple(fc.constantFrom(...commonKeywords), value), {
      selector: ([name]) => name,
      maxLength: 8,
    });
    const samples = fc.sample(parameters, { numRuns: 6_000, seed });
    const { parsed } = askLibpq({ parse: samples.map((sample) => renderConninfo(new Map(sample))) });
    for (const [index, sample] of samples.entries()) {
      const expected = parseConninfo(renderConninfo(new Map(sample)));
      expect(new Map(expected)).toEqual(new Map(sample));
      expect(parsed[index]).toEqual({ values: [...expected] });
    }
  });
});

/** C strings end at NUL, and UTF-8 has no surrogates. */
function isEncodable(text: string): boolean {
  return !text.includes('\0') && !/\p{Surrogate}/u.test(text);
}
