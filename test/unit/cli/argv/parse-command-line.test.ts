import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../../../src/cli/argv/parse-command-line.ts';

const parse = (line: string) => parseCommandLine(line.split(' '));

describe('parseCommandLine', () => {
  test('gives every option its type and default', () => {
    const { options } = parse('cluster show');
    expect(options.csv).toBe(false);
    expect(options['upstream-node-id']).toBeUndefined();
    expect(options['wait-start']).toBe(30);
    expect(options.limit).toBe(20);
    expect(options['config-archive-dir']).toBe('/tmp');
  });

  test.each([
    ['--wait', true],
    ['-w', true],
    ['--wait=5', 5],
    ['--wait=0', 0],
  ])('%s means %s', (word, wanted) => {
    expect(parse(word).options.wait).toBe(wanted);
  });

  test('does not take the next word for an optional value', () => {
    const { options, positionals } = parse('standby follow -w 5');
    expect(options.wait).toBe(true);
    expect(positionals).toEqual(['standby', 'follow', '5']);
  });

  test('finds verbs between options', () => {
    const { options, positionals } = parse('-h 10.0.2.1 node --force-rewind -vF rejoin');
    expect(positionals).toEqual(['node', 'rejoin']);
    expect(options).toMatchObject({ host: '10.0.2.1', 'force-rewind': true, verbose: true, force: true });
  });

  test('knows the older name of an option', () => {
    expect(parse('--recovery-conf-only').options['replication-conf-only']).toBe(true);
  });

  test.each([
    ['--node-id=5x', 5],
    ['--node-id= 7', 7],
  ])('reads the digits that %s begins with', (word, wanted) => {
    expect(parseCommandLine([word]).options['node-id']).toBe(wanted);
  });

  test.each([
    ['--node-id=x', '--node-id needs a whole number, not "x"'],
    ['--node-id=0', '--node-id must be 1 or more, not 0'],
    ['--wait-sync=-1', '--wait-sync must be 0 or more, not -1'],
    ['--port=2147483648', '--port must be 2147483647 or less, not 2147483648'],
    ['--log-level=LOUD', '--log-level must be one of'],
    ['--copy-external-config-files=somewhere', 'must be "samepath" or "pgdata"'],
    [`--node-name=${'n'.repeat(64)}`, '--node-name must not be longer than 63 bytes'],
  ])('refuses %s', (word, problem) => {
    expect(parse(word).invalid).toEqual([expect.stringContaining(problem)]);
  });

  test.each(['--vers', '--remote', '--wait-s'])('finds %s ambiguous', (word) => {
    expect(parse(word).unknown).toEqual([expect.stringContaining('is ambiguous')]);
  });

  test('knows which options were given, defaults or not', () => {
    expect([...parse('--limit=20 --comp cluster event').given]).toEqual(['limit', 'compact']);
  });
});
