import { describe, expect, test } from 'vitest';
import { checkCombination } from '../../../../src/cli/argv/check-combination.ts';
import type { CommandSpec } from '../../../../src/cli/argv/command-spec.ts';
import { everyCommand } from '../../../../src/cli/argv/command-table/every-command.ts';
import { optionNames, optionSpec } from '../../../../src/cli/argv/options.ts';
import { parseCommandLine } from '../../../../src/cli/argv/parse-command-line.ts';

const all: readonly CommandSpec[] = everyCommand;

interface Situation {
  readonly usesBarman?: boolean;
  readonly hasConfigDirectory?: boolean;
  readonly hasHost?: boolean;
}

function check(name: string, options: string, situation: Situation = {}) {
  const spec = all.find(({ path }) => path.join(' ') === name);
  if (spec === undefined) throw new Error(`there is no command "${name}"`);
  const line = parseCommandLine(options.split(' ').filter((word) => word !== ''));
  const facts = {
    usesBarman: false,
    hasConfigDirectory: false,
    hasHost: line.given.has('host'),
    ...situation,
  };
  return checkCombination(spec, { line, ...facts });
}

describe('checkCombination', () => {
  test.each([
    ['standby clone', '', 'needs the host to connect to'],
    ['standby clone', '-U repmgr', 'needs the host to connect to'],
    ['witness register', '-d repmgr', 'needs the host to connect to'],
    ['node rejoin', '', 'needs connection parameters'],
    ['daemon start', '--wait -W', '--wait and --no-wait exclude each other'],
    ['cluster show', '--csv --nagios', '--csv and --nagios exclude each other'],
    ['node check', '--csv --nagios --optformat', '--csv and --nagios and --optformat exclude each other'],
    ['standby switchover', '--repmgrd-force-unpause --repmgrd-no-pause', 'exclude each other'],
    ['node control', '--disable-wal-receiver --enable-wal-receiver', 'exclude each other'],
    ['standby promote', '--siblings-follow --no-siblings-follow', 'exclude each other'],
  ])('%s %s is an error', (name, options, problem) => {
    expect(check(name, options).errors).toEqual(expect.arrayContaining([expect.stringContaining(problem)]));
  });

  test('a positional host alone is not enough for a clone', () => {
    expect(check('standby clone', '', { hasHost: true }).errors).toEqual([
      expect.stringContaining('needs connection parameters'),
    ]);
    expect(check('standby clone', '-h node1').errors).toEqual([]);
  });

  test('a clone from Barman needs neither', () => {
    expect(check('standby clone', '', { usesBarman: true }).errors).toEqual([]);
  });

  test.each([
    ['standby clone', '-h a -c --copy-external-config-files', { usesBarman: true }, 2],
    ['standby clone', '-h a --no-upstream-connection', {}, 1],
    ['standby clone', '-h a --no-upstream-connection', { usesBarman: true }, 0],
    ['standby clone', '-h a', { hasConfigDirectory: true }, 1],
    ['standby clone', '-h a --copy-external-config-files', { hasConfigDirectory: true }, 0],
  ])('%s %s with %o has %i warnings', (name, options, situation, count) => {
    expect(check(name, options, situation).warnings).toHaveLength(count);
  });

  test.each([
    ['standby register', '--node-id=1', 'node-id'],
    ['cluster show', '--node-name=a', 'node-name'],
    ['standby unregister', '--node-id=1 --node-name=a', 'node-name'],
    ['cluster event', '--limit=1 --all', 'all'],
    ['cluster event', '--dry-run', 'dry-run'],
    ['standby promote', '--wait', 'wait'],
    ['node status', '--detail', 'detail'],
    ['primary register', '-h node1', 'host'],
  ] as const)('%s %s leaves %s out of account', (name, options, ignored) => {
    const verdict = check(name, options);
    expect([...verdict.ignored]).toEqual([ignored]);
    expect(verdict.warnings).toEqual([expect.stringContaining(`--${ignored} has no effect`)]);
  });

  test.each(['--json', '-v', '-t', '-q', '-L DEBUG', '-b /usr/bin', '--log-to-file', '-f /etc/repmgr.conf'])(
    '%s goes with every command',
    (options) => {
      for (const { path } of all) {
        expect(check(path.join(' '), `${options} -h a`, { hasHost: true }).ignored.size).toBeLessThanOrEqual(
          path[1] === 'clone' ? 0 : 1,
        );
      }
    },
  );
});

describe('the command table', () => {
  test('every option is of use somewhere', () => {
    const used = new Set(all.flatMap(({ uses }) => uses));
    const useless = optionNames.filter((name) => optionSpec(name).general !== true && !used.has(name));
    expect(useless).toEqual([]);
  });

  test('every spelling means one command', () => {
    const spellings = all.flatMap(({ path, aliases = [] }) =>
      [path, ...aliases].map((words) => words.join(' ')),
    );
    expect(new Set(spellings).size).toBe(spellings.length);
  });
});
