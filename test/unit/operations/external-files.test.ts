import { beforeEach, describe, expect, it } from 'vitest';
import { copyExternalFiles, findExternalFiles } from '../../../src/operations/external-files.ts';
import { runOverSsh, shellQuote, sshProblem } from '../../../src/operations/remote-shell.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import type { Connection } from '../../../src/ports/connection.ts';
import type { ServerInspector } from '../../../src/ports/server-inspector.ts';
import { FakeRunner } from '../../fakes/fake-host.ts';
import { type FakeOperationContext, operationContext } from '../../fakes/operation-context.ts';
import { partialPort } from '../../fakes/partial-port.ts';

const connection = partialPort<Connection>('Connection', {});
let runner: FakeRunner;
let paths: readonly string[] | null;
let dataDirectory: string | null;
let context: FakeOperationContext;

beforeEach(() => {
  runner = new FakeRunner();
  paths = ['/data/postgresql.auto.conf', '/etc/pg/postgresql.conf', '/etc/pg/pg_hba.conf', '/database.conf'];
  dataDirectory = '/data';
  const inspector = partialPort<ServerInspector>('ServerInspector', {
    configurationFiles: async () => paths,
    settings: async () => new Map([['data_directory', dataDirectory]]),
  });
  const adapters = partialPort<Adapters>('Adapters', { runner, inspector });
  context = operationContext(adapters);
});

const files = {
  host: 'node1',
  remoteUser: undefined,
  paths: ['/etc/pg/postgresql.conf', '/etc/pg/pg hba.conf'],
};
const defaultOptions = '--archive --checksum --compress --progress --rsh=ssh';

describe('findExternalFiles', () => {
  it('is what lies outside of the data directory, a like-named folder included', async () => {
    expect(await findExternalFiles(context, connection)).toEqual([
      '/etc/pg/postgresql.conf',
      '/etc/pg/pg_hba.conf',
      '/database.conf',
    ]);
  });

  it('is refused when the role may not see it', async () => {
    paths = null;
    await expect(findExternalFiles(context, connection)).rejects.toMatchObject({ exit: 'BAD_CONFIG' });
    paths = [];
    dataDirectory = null;
    await expect(findExternalFiles(context, connection)).rejects.toMatchObject({
      hint: expect.stringContaining('pg_read_all_settings'),
    });
  });
});

describe('copyExternalFiles', () => {
  it('fetches each file to its own path', async () => {
    await copyExternalFiles(context, files, { intoDirectory: null, force: false });
    expect(runner.commands).toEqual([
      `rsync ${defaultOptions} node1:/etc/pg/postgresql.conf /etc/pg/postgresql.conf`,
      `rsync ${defaultOptions} 'node1:/etc/pg/pg hba.conf' '/etc/pg/pg hba.conf'`,
    ]);
  });

  it('fetches them into the data directory, as another user and with other options', async () => {
    context = operationContext(context.adapters, { rsync_options: '-a' });
    const asBackup = { ...files, remoteUser: 'backup' };
    await copyExternalFiles(context, asBackup, { intoDirectory: '/new', force: true });
    expect(runner.commands[0]).toBe(
      'rsync -a --delete --checksum backup@node1:/etc/pg/postgresql.conf /new/postgresql.conf',
    );
  });

  it('fails with BAD_RSYNC at the first file that can not be fetched', async () => {
    runner.resultOf = () => ({ exitStatus: 23, stderr: 'permission denied\n' });
    const copying = copyExternalFiles(context, files, { intoDirectory: null, force: false });
    await expect(copying).rejects.toMatchObject({ exit: 'BAD_RSYNC', detail: 'permission denied' });
    expect(runner.commands).toHaveLength(1);
  });

  it('only warns with force', async () => {
    runner.resultOf = () => ({ exitStatus: 23 });
    await copyExternalFiles(context, files, { intoDirectory: null, force: true });
    expect(runner.commands).toHaveLength(2);
    expect(context.records.filter(({ level }) => level === 'warning')).toHaveLength(2);
  });

  it('takes files that vanished meanwhile for no failure', async () => {
    runner.resultOf = () => ({ exitStatus: 24 });
    await copyExternalFiles(context, files, { intoDirectory: null, force: false });
    expect(runner.commands).toHaveLength(2);
  });
});

describe('runOverSsh', () => {
  it('uses ssh_options and quotes the command once', async () => {
    context = operationContext(context.adapters, { ssh_options: '-q -o ConnectTimeout=3' });
    const call = { command: `repmgr -d 'host=a'`, timeoutMs: 1 };
    await runOverSsh(context, { host: 'node1', user: 'postgres' }, call);
    expect(runner.commands).toEqual([
      String.raw`ssh -o Batchmode=yes -q -o ConnectTimeout=3 postgres@node1 'repmgr -d '\''host=a'\'''`,
    ]);
  });

  it('tells why a host can not be reached', async () => {
    expect(await sshProblem(context, { host: 'node1' })).toBeUndefined();
    runner.resultOf = () => ({ exitStatus: 255, stderr: 'Permission denied (publickey).' });
    expect(await sshProblem(context, { host: 'node1' })).toContain('Permission denied (publickey).');
    runner.resultOf = () => ({ exitStatus: 255 });
    expect(await sshProblem(context, { host: 'node1' })).toContain('status 255');
    expect(await sshProblem(context, { host: '' })).toContain('names no host');
  });
});

describe('shellQuote', () => {
  it.each([
    ['plain-word_1.conf', 'plain-word_1.conf'],
    ['two words', "'two words'"],
    ["it's", String.raw`'it'\''s'`],
    ['$HOME', "'$HOME'"],
    ['', "''"],
  ])('%j becomes %j', (word, quoted) => {
    expect(shellQuote(word)).toBe(quoted);
  });
});
