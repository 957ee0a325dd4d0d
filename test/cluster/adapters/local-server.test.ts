import { existsSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { PostgresInstance } from '../../../lab/postgres-instance.ts';
import { isAlive, signalProcess } from '../../../lab/processes-within.ts';
import { waitFor } from '../../../lab/wait-for.ts';
import { Cancelled, LocalCommandFailed } from '../../../src/domain/errors/repmgr-error.ts';
import { formatLsn } from '../../../src/domain/lsn.ts';
import type { TimelineId } from '../../../src/domain/timeline.ts';
import type { LocalServer } from '../../../src/ports/local-server.ts';
import { createServersUnderTest, localServerOf, type ServersUnderTest } from './adapters-fixture.ts';

const timeline = (number: number): TimelineId => number as TimelineId;

describe('the local server', () => {
  let servers: ServersUnderTest;
  let server: PostgresInstance;
  let local: LocalServer;
  const startLimits = { wait: true, timeoutMs: 30_000 } as const;
  const stopLimits = { mode: 'fast', wait: true, timeoutMs: 30_000 } as const;

  beforeAll(async () => {
    servers = createServersUnderTest();
    server = await servers.newServer('server');
    local = localServerOf(server);
  });
  afterAll(() => servers.remove());
  beforeEach(async () => {
    if ((await local.processState()).kind !== 'running') await local.start(startLimits);
  });

  describe('starts and stops', () => {
    it('with pg_ctl, quickly, and knows what runs', async () => {
      expect(await local.majorVersion()).toBe(server.majorVersion);
      const running = await local.processState();
      expect(running).toMatchObject({ kind: 'running', statusLine: 'ready' });
      await local.stop(stopLimits);
      expect(await local.processState()).toEqual({ kind: 'absent' });
      expect(server.processes()).toEqual([]);
      expect(await local.controlData()).toMatchObject({ state: 'shut down' });
      await local.start(startLimits);
      expect(await server.isInRecovery()).toBe(false);
      const started = await local.processState();
      expect(started.kind === 'running' && started.pid).not.toBe(running.kind === 'running' && running.pid);
    });

    it('keeping what the server writes', async () => {
      await local.restart({ timeoutMs: 30_000 });
      await server.query('SELECT 1/0').catch(() => undefined);
      const log = join(server.dataDirectory, 'log', 'startup.log');
      await waitFor(() => readFileSync(log, 'utf8').includes('division by zero'), {
        what: 'the message in the log',
        timeoutMs: 5_000,
      });
    });

    it('telling why a start failed', async () => {
      await local.stop(stopLimits);
      server.setHostSetting('shared_buffers', 'plenty');
      try {
        await expect(local.start(startLimits)).rejects.toMatchObject({
          message: expect.stringContaining(server.dataDirectory) as string,
          detail: expect.stringContaining('"shared_buffers": "plenty"') as string,
          hint: expect.stringContaining('startup.log') as string,
        });
      } finally {
        server.setHostSetting('shared_buffers', '16MB');
      }
    });

    it('after a power cut, although something else has got the pid', async () => {
      await local.stop(stopLimits);
      const file = join(server.dataDirectory, 'postmaster.pid');
      writeFileSync(
        file,
        `${process.pid}\n${server.dataDirectory}\n1\n${server.port}\n\n*\n 1 99999999\nready\n`,
      );
      server.machine.giveToUser(file);
      expect(await local.processState()).toEqual({ kind: 'stale', pid: process.pid });
      await local.start(startLimits);
    });

    it('with service commands, used verbatim, and waits for their effect', async () => {
      const pgCtl = join(server.bindir, 'pg_ctl');
      const log = join(server.directory, 'service.log');
      const serviced = localServerOf(server, {
        service_start_command: `${pgCtl} -W -D '${server.dataDirectory}' -l '${log}' start`,
        service_stop_command: `${pgCtl} -W -D '${server.dataDirectory}' -m fast stop`,
        service_reload_command: 'exit 3',
      });
      await serviced.stop(stopLimits);
      expect(await serviced.processState()).toEqual({ kind: 'absent' });
      await serviced.start(startLimits);
      expect(await serviced.processState()).toMatchObject({ kind: 'running', statusLine: 'ready' });
      await expect(serviced.reload({ timeoutMs: 5_000 })).rejects.toThrow(/"exit 3" ended with status 3/);
      expect(serviced.hasServiceCommand('start')).toBe(true);
      expect(serviced.hasServiceCommand('promote')).toBe(false);
    });

    it('from a configuration folder outside of the data directory', async () => {
      const folder = join(server.directory, 'etc');
      await server.machine.mustRun('mkdir', [folder]);
      await server.machine.mustRun('cp', [join(server.dataDirectory, 'pg_hba.conf'), folder]);
      await server.machine.mustRun('cp', [join(server.dataDirectory, 'pg_ident.conf'), folder]);
      await server.machine.mustRun('sh', [
        '-c',
        `{ cat '${server.dataDirectory}/postgresql.conf'; echo "data_directory = '${server.dataDirectory}'"; } \
          > '${folder}/postgresql.conf'`,
      ]);
      await local.stop(stopLimits);
      const debian = localServerOf(server, { config_directory: folder });
      await debian.start(startLimits);
      const [row] = await server.query<{ config_file: string }>('SHOW config_file');
      expect(row?.config_file).toBe(join(folder, 'postgresql.conf'));
      await debian.reload({ timeoutMs: 5_000 });
      await debian.stop(stopLimits);
    });

    it('until the limit or an abort', async () => {
      const stuck = localServerOf(server, { service_stop_command: 'true' });
      await expect(stuck.stop({ ...stopLimits, timeoutMs: 200 })).rejects.toBeInstanceOf(LocalCommandFailed);
      const signal = AbortSignal.timeout(100);
      await expect(stuck.stop({ ...stopLimits, signal })).rejects.toBeInstanceOf(Cancelled);
    });

    it('shows its commands as repmgr does', () => {
      const dir = server.dataDirectory;
      const bare = localServerOf(server, { pg_bindir: '/usr/bin/' });
      expect(bare.describe('start')).toBe(`/usr/bin/pg_ctl  -w -D '${dir}' start`);
      expect(bare.describe('stop')).toBe(`/usr/bin/pg_ctl  -D '${dir}' -W -m fast stop`);
      expect(bare.describe('restart')).toBe(`/usr/bin/pg_ctl  -w -D '${dir}' restart`);
      expect(bare.describe('reload')).toBe(`/usr/bin/pg_ctl  -w -D '${dir}' reload`);
      expect(bare.describe('promote')).toBe(`/usr/bin/pg_ctl  -w -D '${dir}' promote`);
    });
  });

  describe('is fenced', () => {
    const limits = { quitMs: 400, deadlineMs: 3_000 };

    it('when it is healthy', async () => {
      const before = server.processes();
      const result = await local.fence(limits);
      expect(result).toMatchObject({ verified: true, killed: 0 });
      expect(before.filter(isAlive)).toEqual([]);
      expect(await local.controlData()).toMatchObject({ state: 'in production' });
    });

    it('when it is stopped by SIGSTOP with all its processes', async () => {
      const before = server.processes();
      server.signalAll('SIGSTOP');
      const startedAt = performance.now();
      const result = await local.fence(limits);
      expect(performance.now() - startedAt).toBeLessThan(1_500);
      expect(result.verified).toBe(true);
      expect(result.killed).toBe(before.length);
      expect(before.filter(isAlive)).toEqual([]);
    });

    it('when only its children are left', async () => {
      const postmaster = server.postmasterPid();
      const children = server.processes().filter((pid) => pid !== postmaster);
      for (const pid of children) signalProcess(pid, 'SIGSTOP');
      server.killPostmaster('SIGKILL');
      await waitFor(() => server.postmasterPid() === undefined, { what: 'its end', timeoutMs: 5_000 });
      expect(await local.processState()).toMatchObject({ kind: 'stale', pid: postmaster });
      const result = await local.fence(limits);
      expect(result).toMatchObject({ verified: true, killed: children.length });
    });

    it('without touching others who work in its folder', async () => {
      const shell = server.machine.run('sh', ['-c', `cd '${server.dataDirectory}' && echo $$ && sleep 1`]);
      await local.fence(limits);
      expect((await shell).status).toBe(0);
    });

    it('again, which changes nothing', async () => {
      await local.fence(limits);
      expect(await local.fence(limits)).toMatchObject({ verified: true, killed: 0 });
    });
  });

  describe('has its configuration written', () => {
    it('with nasty values, which the server reads back as they were', async () => {
      const file = join(server.dataDirectory, 'postgresql.auto.conf');
      await server.query(`ALTER SYSTEM SET archive_command = 'a\\b''c'`);
      const unrelated = readFileSync(file, 'utf8')
        .split('\n')
        .find((line) => line.startsWith('archive_command'));
      const values = {
        primaryConninfo: `host=x application_name='node 3\\'x' password='s\\'e c' ü`,
        primarySlotName: 'repmgr_slot_3',
        restoreCommand: `cp "/a b/%f" '%p' # \\n \\\\ =`,
        recoveryMinApplyDelay: '5s',
        walRetrieveRetryInterval: '100ms',
      };
      await local.writeReplicationConfiguration(values);
      expect(readFileSync(file, 'utf8').split('\n')).toContain(unrelated);
      expect(statSync(file).mode & 0o777).toBe(0o600);
      await local.restart({ timeoutMs: 30_000 });
      const rows = await server.query<{ name: string; setting: string }>(
        `SELECT name, setting FROM pg_file_settings WHERE sourcefile LIKE '%auto.conf' AND error IS NULL`,
      );
      expect(Object.fromEntries(rows.map((row) => [row.name, row.setting]))).toMatchObject({
        archive_command: "a\\b'c",
        primary_conninfo: values.primaryConninfo,
        primary_slot_name: 'repmgr_slot_3',
        restore_command: values.restoreCommand,
        recovery_min_apply_delay: '5s',
        wal_retrieve_retry_interval: '100ms',
      });
      expect(await local.autoConfValue('primary_conninfo')).toBe(values.primaryConninfo);
      expect(await local.autoConfValue('restore_command')).toBe(values.restoreCommand);
      expect(await local.autoConfValue('archive_command')).toBe("a\\b'c");
      const nothing = { primaryConninfo: null, primarySlotName: null, restoreCommand: null };
      await local.writeReplicationConfiguration({
        ...nothing,
        recoveryMinApplyDelay: null,
        walRetrieveRetryInterval: null,
      });
      expect(await local.autoConfValue('primary_slot_name')).toBeUndefined();
      expect(await server.query('SELECT 1 FROM pg_file_settings WHERE error IS NOT NULL')).toEqual([]);
      await server.query('ALTER SYSTEM RESET archive_command');
    });

    it('as a standby, and no longer', async () => {
      const file = join(server.dataDirectory, 'standby.signal');
      expect(await local.hasStandbySignal()).toBe(false);
      await local.writeStandbySignal();
      expect(await local.hasStandbySignal()).toBe(true);
      expect(readFileSync(file, 'utf8')).toBe('# created by repmgr\n');
      expect(statSync(file).mode & 0o777).toBe(0o600);
      await local.removeStandbySignal();
      await local.removeStandbySignal();
      expect(existsSync(file)).toBe(false);
    });
  });

  describe('knows where its WAL ends', () => {
    const flushedLsn = async (of: PostgresInstance): Promise<string> => {
      const [row] = await of.query<{ lsn: string }>('SELECT pg_current_wal_flush_lsn() AS lsn');
      return row?.lsn ?? '';
    };
    const endOf = async (of: LocalServer): Promise<string> => {
      const end = await of.endOfWal();
      return end === undefined ? 'unknown' : `${end.timeline} ${formatLsn(end.lsn)}`;
    };

    it('after a crash', async () => {
      await server.query('CHECKPOINT');
      await server.query('CREATE TABLE IF NOT EXISTS filled AS SELECT generate_series(1, 1000) AS number');
      await server.query('INSERT INTO filled SELECT generate_series(1, 5000)');
      const flushed = await flushedLsn(server);
      await local.fence({ quitMs: 0, deadlineMs: 3_000 });
      expect(await endOf(local)).toBe(`1 ${flushed}`);
    });

    it('several segments after the last checkpoint', async () => {
      await server.query('CHECKPOINT');
      for (let round = 0; round < 3; round += 1) {
        await server.query('INSERT INTO filled SELECT generate_series(1, 200000)');
        await server.query('SELECT pg_switch_wal()');
      }
      await server.query('CREATE TABLE IF NOT EXISTS last_one ()');
      const flushed = await flushedLsn(server);
      await local.fence({ quitMs: 0, deadlineMs: 3_000 });
      expect(await endOf(local)).toBe(`1 ${flushed}`);
    });

    it('right after the switch to a new segment, also where that has no file yet', async () => {
      await server.query('INSERT INTO filled VALUES (1)');
      const [row] = await server.query<{ next: string }>(
        `SELECT pg_walfile_name(pg_switch_wal() + 16 * 1024 * 1024) AS next`,
      );
      const flushed = await flushedLsn(server);
      await local.fence({ quitMs: 0, deadlineMs: 3_000 });
      expect(await endOf(local)).toBe(`1 ${flushed}`);
      const folder = join(server.dataDirectory, 'pg_wal');
      const later = readdirSync(folder).filter(
        (name) => /^[0-9A-F]{24}$/.test(name) && name >= (row?.next ?? ''),
      );
      for (const name of later) renameSync(join(folder, name), join(server.directory, name));
      // pg_waldump would wait 5 s for a file that doesn't exist.
      const startedAt = performance.now();
      expect(await endOf(local)).toBe(`1 ${flushed}`);
      expect(performance.now() - startedAt).toBeLessThan(3_000);
      for (const name of later) renameSync(join(server.directory, name), join(folder, name));
    });

    it('on a standby, on the timeline that it has switched to', async () => {
      const standby = await servers.newStandby(server, 'standby1');
      const cascaded = await servers.newStandby(standby, 'standby2');
      const local2 = localServerOf(cascaded);
      await server.query('INSERT INTO filled SELECT generate_series(1, 1000)');
      await local.stop(stopLimits);
      await localServerOf(standby).promote({ timeoutMs: 30_000 });
      await standby.query('INSERT INTO filled SELECT generate_series(1, 1000)');
      const flushed = await flushedLsn(standby);
      await waitFor(
        async () => {
          const [row] = await cascaded.query<{ lsn: string }>('SELECT pg_last_wal_receive_lsn() AS lsn');
          return row?.lsn === flushed;
        },
        { what: 'the cascaded standby to follow', timeoutMs: 20_000 },
      );
      await local2.fence({ quitMs: 0, deadlineMs: 3_000 });
      expect(await endOf(local2)).toBe(`2 ${flushed}`);
      // The promoted one has not checkpointed on its new timeline yet.
      await localServerOf(standby).fence({ quitMs: 0, deadlineMs: 3_000 });
      expect(await endOf(localServerOf(standby))).toBe(`2 ${flushed}`);
    });
  });

  describe('reserves timelines', () => {
    it('so that a promotion takes the next number and all others can follow', async () => {
      const standby = await servers.newStandby(server, 'standby3');
      const cascaded = await servers.newStandby(standby, 'standby4');
      const localStandby = localServerOf(standby);
      await localStandby.reserveTimeline(timeline(2));
      await localStandby.reserveTimeline(timeline(3));
      await localStandby.promote({ timeoutMs: 30_000 });
      expect(await localStandby.knownTimelines()).toEqual([2, 3, 4]);
      expect(await localStandby.releaseTimelines()).toEqual([]);
      const isFollowing = async (): Promise<boolean> => {
        const sql = 'SELECT received_tli FROM pg_stat_wal_receiver';
        const [row] = await cascaded.query<{ received_tli: number }>(sql);
        return row?.received_tli === 4;
      };
      await waitFor(isFollowing, { what: 'the cascaded standby to follow', timeoutMs: 20_000 });
      const localCascaded = localServerOf(cascaded);
      expect(await localCascaded.releaseTimelines()).toEqual([]);
      await localCascaded.restart({ timeoutMs: 30_000 });
      await waitFor(isFollowing, { what: 'it to follow again', timeoutMs: 20_000 });
      // An existing history is never touched.
      await localStandby.reserveTimeline(timeline(4));
      const history = join(standby.dataDirectory, 'pg_wal', '00000004.history');
      expect(readFileSync(history, 'utf8')).toMatch(/^1\t/);
    });

    it('and takes them back where the promotion did not come', async () => {
      const standby = await servers.newStandby(server, 'standby5');
      const localStandby = localServerOf(standby);
      await localStandby.reserveTimeline(timeline(2));
      await localStandby.reserveTimeline(timeline(3));
      expect(await localStandby.knownTimelines()).toEqual([2, 3]);
      await localStandby.stop(stopLimits);
      await localStandby.start(startLimits);
      expect(await localStandby.knownTimelines()).toEqual([]);
      await localStandby.reserveTimeline(timeline(2));
      expect(await localStandby.releaseTimelines()).toEqual([2]);
    });
  });
});
