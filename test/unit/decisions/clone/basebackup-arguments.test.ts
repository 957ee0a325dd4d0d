import { describe, expect, it } from 'vitest';
import {
  type BasebackupRequest,
  basebackupArguments,
  basebackupPassword,
  tablespaceProblems,
} from '../../../../src/decisions/clone/basebackup-arguments.ts';
import { parseBasebackupOptions } from '../../../../src/decisions/clone/basebackup-options.ts';
import { parseConninfo } from '../../../../src/domain/conninfo/parse-conninfo.ts';

function request(changes: Partial<BasebackupRequest> = {}): BasebackupRequest {
  return {
    targetDirectory: '/data',
    conninfo: null,
    host: 'node1',
    port: '5432',
    user: 'repmgr',
    fastCheckpoint: false,
    tablespaceMappings: [],
    slotName: null,
    options: parseBasebackupOptions(''),
    ...changes,
  };
}

const always = ['-l', 'repmgr base backup', '-D', '/data'];
const connection = ['-h', 'node1', '-p', '5432', '-U', 'repmgr'];

describe('basebackupArguments', () => {
  it('names label, directory, server and WAL method', () => {
    expect(basebackupArguments(request())).toEqual([...always, ...connection, '-X', 'stream']);
  });

  it('leaves out what is not known', () => {
    expect(basebackupArguments(request({ port: null, user: null }))).toEqual([
      ...always,
      '-h',
      'node1',
      '-X',
      'stream',
    ]);
  });

  it('asks for a fast checkpoint and for the slot', () => {
    expect(basebackupArguments(request({ fastCheckpoint: true, slotName: 'repmgr_slot_2' }))).toEqual([
      ...always,
      ...connection,
      '-c',
      'fast',
      '-X',
      'stream',
      '-S',
      'repmgr_slot_2',
    ]);
  });

  it('maps tablespaces, with = inside a path escaped', () => {
    const tablespaceMappings = [
      { from: '/ts/a', to: '/mnt/a' },
      { from: '/ts/b=c', to: '/mnt/b' },
    ];
    expect(basebackupArguments(request({ tablespaceMappings }))).toEqual([
      ...always,
      ...connection,
      '-T',
      '/ts/a=/mnt/a',
      '-T',
      String.raw`/ts/b\=c=/mnt/b`,
      '-X',
      'stream',
    ]);
  });

  it.each([
    ['a slot of its own', '--slot=mine'],
    ['no slot', '--no-slot'],
    ['another WAL method', '-X fetch'],
  ])('uses no slot where the options ask for %s', (_, text) => {
    const options = parseBasebackupOptions(text);
    const args = basebackupArguments(request({ slotName: 'repmgr_slot_2', options }));
    expect(args).not.toContain('repmgr_slot_2');
  });

  it('keeps the WAL method of the options, and puts them at the end', () => {
    const options = parseBasebackupOptions('--wal-method=fetch --max-rate=1M');
    expect(basebackupArguments(request({ options }))).toEqual([
      ...always,
      ...connection,
      '--wal-method=fetch',
      '--max-rate=1M',
    ]);
  });

  it('hands on a conninfo with the user replaced', () => {
    const conninfo = parseConninfo('host=node1 user=repmgr dbname=repmgr');
    expect(basebackupArguments(request({ conninfo, user: 'streamer' }))).toEqual([
      ...always,
      '-d',
      'user=streamer dbname=repmgr host=node1',
      '-X',
      'stream',
    ]);
  });

  it('never shows a password', () => {
    const conninfo = parseConninfo('host=node1 user=repmgr password=secret');
    expect(basebackupArguments(request({ conninfo })).join(' ')).not.toContain('secret');
  });
});

describe('basebackupPassword', () => {
  const conninfo = parseConninfo('host=node1 user=repmgr password=secret');

  it('is that of the conninfo', () => {
    expect(basebackupPassword(request({ conninfo, user: 'repmgr' }))).toBe('secret');
    expect(basebackupPassword(request({ conninfo, user: null }))).toBe('secret');
  });

  it('is not used for another role', () => {
    expect(basebackupPassword(request({ conninfo, user: 'streamer' }))).toBeUndefined();
  });

  it('is unknown without a conninfo', () => {
    expect(basebackupPassword(request())).toBeUndefined();
  });
});

describe('tablespaceProblems', () => {
  it('accepts mappings of tablespaces that exist', () => {
    expect(tablespaceProblems([{ from: '/a', to: '/b' }], ['/a', '/c'])).toEqual([]);
  });

  it('names each that does not, and those that do', () => {
    const problems = tablespaceProblems([{ from: '/x', to: '/b' }], ['/a', '/c']);
    expect(problems).toEqual([
      'tablespace_mapping: there is no tablespace at "/x" on the source (it has: /a, /c)',
    ]);
    expect(tablespaceProblems([{ from: '/x', to: '/b' }], [])[0]).toContain('it has no tablespaces');
  });
});
