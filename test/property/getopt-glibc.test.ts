import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { optionNames } from '../../src/cli/argv/options.ts';
import { optionGrammar } from '../../src/cli/argv/parse-command-line.ts';
import {
  type ArgumentKind,
  getoptLong,
  type ScannedArguments,
} from '../../src/domain/command-line/getopt-long.ts';

const source = join(import.meta.dirname, 'getopt-glibc.c');
const lines = 4_000;

let folder = '';
let program = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'getopt-glibc-'));
  program = join(folder, 'getopt');
  const { status, error, stderr } = spawnSync('cc', ['-O1', '-o', program, source], { encoding: 'utf8' });
  if (error !== undefined) throw new Error('no C compiler: install gcc and libc6-dev', { cause: error });
  if (status !== 0) throw new Error(`${source} could not be compiled (install libc6-dev?):\n${stderr}`);
});

afterAll(() => rmSync(folder, { recursive: true, force: true }));

const hex = (text: string): string => Buffer.from(text).toString('hex');
const unhex = (text: string): string => Buffer.from(text, 'hex').toString();
const hasArg: Record<ArgumentKind, number> = { none: 0, required: 1, optional: 2 };

function runInC(commandLines: readonly (readonly string[])[]): ScannedArguments[] {
  const key = (name: string): number => optionNames.indexOf(name as (typeof optionNames)[number]);
  const input = [
    ...optionGrammar.long.map(({ name, argument, key: of }) => `N ${name} ${hasArg[argument]} ${key(of)}`),
    ...optionGrammar.short.map(
      ({ letter, argument, key: of }) => `S ${letter} ${hasArg[argument]} ${key(of)}`,
    ),
    ...commandLines.flatMap((words) => [`L ${words.length}`, ...words.map(hex)]),
  ].join('\n');
  const { stdout, status } = spawnSync(program, { input: `${input}\n`, encoding: 'utf8', maxBuffer: 1e9 });
  expect(status).toBe(0);
  return stdout
    .split('.\n')
    .slice(0, -1)
    .map((answer) => parseAnswer(answer.split('\n').slice(0, -1)));
}

function parseAnswer(answer: readonly string[]): ScannedArguments {
  const of = (kind: string): string[] =>
    answer.filter((line) => line.startsWith(kind)).map((line) => line.slice(2));
  return {
    occurrences: of('O').map((line) => {
      const [index, value] = line.split(' ');
      return { key: optionNames[Number(index)] ?? '', value: value === undefined ? undefined : unhex(value) };
    }),
    positionals: of('P').map(unhex),
    problems: of('E').map((line) => unhex(line).replace(/^repmgr: /, '')),
  };
}

const names = optionGrammar.long.map(({ name }) => name);
const letters = [...optionGrammar.short.map(({ letter }) => letter), 'x', 'Z', '1'];
const value = fc.constantFrom('', '5', 'host=node1 port=5432', '-1', '--', 'standby', '--force', '=', 'ä b');
const anyName = fc
  .tuple(fc.constantFrom(...names, 'nonsense', 'forced'), fc.integer({ min: 0, max: 30 }), fc.boolean())
  .map(([name, length, whole]) => (whole ? name : name.slice(0, length)));
const word = fc.oneof(
  anyName.map((name) => `--${name}`),
  fc.tuple(anyName, value).map(([name, joined]) => `--${name}=${joined}`),
  fc
    .array(fc.constantFrom(...letters), { minLength: 1, maxLength: 4 })
    .map((cluster) => `-${cluster.join('')}`),
  fc.constantFrom(
    '-',
    '--',
    '',
    'standby',
    'CLONE',
    'node',
    'rejoin',
    '5',
    '-w5',
    '-f/etc/repmgr.conf',
    '-h=',
  ),
);

describe('getoptLong', () => {
  test(`agrees with the C library on ${lines} random command lines`, () => {
    const commandLines = fc.sample(fc.array(word, { maxLength: 8 }), { numRuns: lines, seed: 5_500 });
    const wanted = runInC(commandLines);
    expect(wanted).toHaveLength(lines);
    for (const [index, words] of commandLines.entries()) {
      expect({ words, ...getoptLong(words, optionGrammar) }).toEqual({ words, ...wanted[index] });
    }
  });

  test('agrees with it on every abbreviation of every option', () => {
    const commandLines = names.flatMap((name) =>
      Array.from({ length: name.length }, (_, index) => [`--${name.slice(0, index + 1)}`, 'value', 'word']),
    );
    const wanted = runInC(commandLines);
    for (const [index, words] of commandLines.entries()) {
      expect({ words, ...getoptLong(words, optionGrammar) }).toEqual({ words, ...wanted[index] });
    }
  });
});
