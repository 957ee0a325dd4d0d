import { describe, expect, it } from 'vitest';
import {
  parseBasebackupOptions,
  withWalDirectory,
} from '../../../../src/decisions/clone/basebackup-options.ts';

describe('parseBasebackupOptions', () => {
  it('reads nothing from an empty setting', () => {
    expect(parseBasebackupOptions('')).toEqual({
      args: [],
      slotName: null,
      walMethod: null,
      walDirectory: null,
      noSlot: false,
      problems: [],
    });
  });

  it.each([
    ['--max-rate=100M --label=x', ['--max-rate=100M', '--label=x']],
    ['  --max-rate   100M ', ['--max-rate', '100M']],
    [`--label='two words'`, ['--label=two words']],
    [`--label="two \\"quoted\\" words"`, ['--label=two "quoted" words']],
    [String.raw`--label=two\ words`, ['--label=two words']],
    [`--label=''`, ['--label=']],
    [`'' x`, ['', 'x']],
    ['a\'b\'"c"d', ['abcd']],
  ])('splits %j as a shell does', (text, args) => {
    expect(parseBasebackupOptions(text)).toMatchObject({ args, problems: [] });
  });

  it.each(["--label='open", '--label="open', '--label=open\\'])('complains about %j', (text) => {
    expect(parseBasebackupOptions(text).problems).toEqual(['pg_basebackup_options: a quote is not closed']);
  });

  it.each([
    ['-S slot_a', 'slot_a'],
    ['-Sslot_a', 'slot_a'],
    ['--slot slot_a', 'slot_a'],
    ['--slot=slot_a', 'slot_a'],
    ['--slot=slot_a --slot=slot_b', 'slot_b'],
  ])('finds the slot in %j', (text, slotName) => {
    expect(parseBasebackupOptions(text).slotName).toBe(slotName);
  });

  it.each([
    ['-X stream', 'stream'],
    ['-Xs', 'stream'],
    ['-X f', 'fetch'],
    ['--wal-method=none', 'none'],
    ['--wal-method n', 'none'],
    ['--xlog-method=fetch', 'fetch'],
  ])('finds the WAL method in %j', (text, walMethod) => {
    expect(parseBasebackupOptions(text)).toMatchObject({ walMethod, problems: [] });
  });

  it('complains about a WAL method that pg_basebackup does not know', () => {
    expect(parseBasebackupOptions('-X copy')).toMatchObject({
      walMethod: null,
      problems: ['pg_basebackup_options: unknown --wal-method "copy"'],
    });
  });

  it.each(['--waldir=/wal', '--waldir /wal', '--xlogdir=/wal'])('finds the WAL directory in %j', (text) => {
    expect(parseBasebackupOptions(text)).toMatchObject({ walDirectory: '/wal', problems: [] });
  });

  it('wants an absolute WAL directory', () => {
    expect(parseBasebackupOptions('--waldir=wal').problems).toEqual([
      'pg_basebackup_options: --waldir must be an absolute path, not "wal"',
    ]);
  });

  it('knows --no-slot, which excludes a slot', () => {
    expect(parseBasebackupOptions('--no-slot')).toMatchObject({ noSlot: true, problems: [] });
    expect(parseBasebackupOptions('--no-slot -S a').problems).toHaveLength(1);
  });

  it('names every problem', () => {
    expect(parseBasebackupOptions('--no-slot -S a --waldir=x -X y').problems).toHaveLength(3);
  });

  it('does not take the value of another option for one', () => {
    expect(parseBasebackupOptions('-l -not-a-slot')).toMatchObject({ slotName: null, walMethod: null });
  });
});

describe('withWalDirectory', () => {
  it.each(['--waldir=/old --max-rate=1M', '--max-rate=1M --waldir /old', '--xlogdir=/old --max-rate=1M'])(
    'replaces the one in %j',
    (text) => {
      expect(withWalDirectory(parseBasebackupOptions(text), '/new')).toMatchObject({
        args: ['--max-rate=1M', '--waldir=/new'],
        walDirectory: '/new',
      });
    },
  );

  it('takes it out', () => {
    expect(withWalDirectory(parseBasebackupOptions('--waldir /old -S a'), null)).toMatchObject({
      args: ['-S', 'a'],
      walDirectory: null,
      slotName: 'a',
    });
  });
});
