import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PostgresInstance } from '../../../lab/postgres-instance.ts';
import { waitFor } from '../../../lab/wait-for.ts';
import type { TimelineId } from '../../../src/domain/timeline.ts';
import type { Connection, ConnectOptions } from '../../../src/ports/connection.ts';
import { createConnectionFactory } from '../../../src/postgres/connection/create-connection-factory.ts';
import { createServerInspector } from '../../../src/postgres/server-inspector.ts';
import { createServersUnderTest, localServerOf, type ServersUnderTest } from './adapters-fixture.ts';

describe('the server inspector on a primary and its standby', () => {
  const inspector = createServerInspector();
  let servers: ServersUnderTest;
  let primary: PostgresInstance;
  let standby: PostgresInstance;
  const open: Connection[] = [];
  const connect = async (
    server: PostgresInstance,
    user = 'postgres',
    options: ConnectOptions = {},
  ): Promise<Connection> => {
    const connection = await createConnectionFactory().connect(server.conninfo('postgres', user), options);
    open.push(connection);
    return connection;
  };

  beforeAll(async () => {
    servers = createServersUnderTest();
    primary = await servers.newServer('primary');
    await primary.query('CREATE ROLE plain LOGIN');
    await primary.query('CREATE ROLE replicator LOGIN REPLICATION');
    await primary.query('GRANT pg_checkpoint TO replicator');
    standby = await servers.newStandby(primary, 'standby1');
    const connection = await connect(primary);
    await waitFor(async () => (await inspector.attachmentOf(connection, 'standby1')) === 'attached', {
      what: 'the standby to stream',
      timeoutMs: 10_000,
    });
  });
  afterAll(async () => {
    await Promise.all(open.map((connection) => connection.close()));
    await servers.remove();
  });

  it('reads the WAL positions of a primary', async () => {
    const connection = await connect(primary);
    expect(await inspector.recoveryState(connection)).toBe('primary');
    const positions = await inspector.walPositions(connection);
    expect(positions).toMatchObject({
      recoveryState: 'primary',
      receivedLsn: null,
      replayedLsn: null,
      isReplayPaused: false,
      replayLagSecs: null,
      lastReplayTimestamp: null,
      walReceiver: null,
    });
    expect(positions.insertLsn).toBeGreaterThan(0n);
    expect(positions.flushLsn).toBeGreaterThan(0n);
  });

  it('reads the WAL positions of a standby', async () => {
    const [onPrimary, onStandby] = [await connect(primary), await connect(standby)];
    await primary.query('CREATE TABLE replayed ()');
    const { flushLsn } = await inspector.walPositions(onPrimary);
    const positions = await waitFor(
      async () => {
        const seen = await inspector.walPositions(onStandby);
        return (seen.replayedLsn ?? 0n) >= (flushLsn ?? 0n) ? seen : undefined;
      },
      { what: 'the standby to catch up', timeoutMs: 10_000 },
    );
    expect(positions).toMatchObject({
      recoveryState: 'standby',
      timeline: 1,
      insertLsn: null,
      flushLsn: null,
      isReplayPaused: false,
      replayLagSecs: 0,
      walReceiver: { status: 'streaming', receivedTimeline: 1 },
    });
    expect(positions.receivedLsn).toBe(positions.replayedLsn);
    expect(positions.walReceiver?.flushedLsn).toBe(positions.receivedLsn);
    expect(positions.lastReplayTimestamp).toMatch(/^\d{4}-/);
  });

  it('sees a standby that holds replay back, from the reload on', async () => {
    const connection = await connect(standby);
    const untilDelayIs = (delay: string | null) =>
      waitFor(async () => (await inspector.walPositions(connection)).applyDelay === delay, {
        what: `a delay of ${delay}`,
        timeoutMs: 10_000,
      });
    await untilDelayIs(null);
    await standby.query("ALTER SYSTEM SET recovery_min_apply_delay = '90s'");
    await standby.query('SELECT pg_reload_conf()');
    await untilDelayIs('90s');
    await standby.query('ALTER SYSTEM RESET recovery_min_apply_delay');
    await standby.query('SELECT pg_reload_conf()');
    await untilDelayIs(null);
  });

  it('sees paused replay and the lag that grows', async () => {
    const connection = await connect(standby);
    await standby.query('SELECT pg_wal_replay_pause()');
    await primary.query('CREATE TABLE not_replayed ()');
    const positions = await waitFor(
      async () => {
        const seen = await inspector.walPositions(connection);
        return seen.isReplayPaused && seen.receivedLsn !== seen.replayedLsn ? seen : undefined;
      },
      { what: 'WAL that is not replayed', timeoutMs: 10_000 },
    );
    expect(positions.replayLagSecs).toBeGreaterThanOrEqual(0);
    await standby.query('SELECT pg_wal_replay_resume()');
  });

  it('shows a plain role what it may see, and no error', async () => {
    const onPrimary = await connect(primary, 'plain');
    const onStandby = await connect(standby, 'plain');
    expect(await inspector.walPositions(onStandby)).toMatchObject({
      recoveryState: 'standby',
      walReceiver: { status: null, receivedTimeline: null, flushedLsn: null },
    });
    expect(await inspector.replicationRows(onPrimary)).toMatchObject([
      { applicationName: 'standby1', state: null, flushLsn: null },
    ]);
    expect(await inspector.attachmentOf(onPrimary, 'standby1')).toBe('attached');
    const settings = await inspector.settings(onPrimary, ['data_directory', 'wal_level', 'no_such_setting']);
    expect(settings).toEqual(
      new Map([
        ['data_directory', null],
        ['wal_level', 'replica'],
        ['no_such_setting', null],
      ]),
    );
    expect(await inspector.totalDataBytes(onPrimary)).toBeGreaterThan(1_000_000n);
    await primary.query('REVOKE CONNECT ON DATABASE template1 FROM PUBLIC');
    expect(await inspector.totalDataBytes(onPrimary)).toBeNull();
    expect(await inspector.controlState(onPrimary)).toMatchObject({ checkpointTimeline: 1 });
    expect(await inspector.replicationSlots(onPrimary)).toEqual([]);
  });

  it.each([
    ['postgres', { superuser: true, replication: true, promote: true, checkpoint: true }],
    ['replicator', { superuser: false, replication: true, promote: false, checkpoint: true }],
    ['plain', { superuser: false, replication: false, promote: false, checkpoint: false }],
  ])('knows what %s may do', async (user, expected) => {
    const connection = await connect(primary, user);
    expect({
      superuser: await inspector.isSuperuser(connection),
      replication: await inspector.hasReplicationAttribute(connection),
      promote: await inspector.mayPromote(connection),
      checkpoint: await inspector.mayCheckpoint(connection),
    }).toEqual(expected);
  });

  it('tells who is attached', async () => {
    const connection = await connect(primary);
    const rows = await inspector.replicationRows(connection);
    expect(rows).toMatchObject([{ applicationName: 'standby1', state: 'streaming', syncState: 'async' }]);
    expect(rows[0]?.flushLsn).toBeGreaterThan(0n);
    expect(await inspector.attachmentOf(connection, 'nobody')).toBe('absent');
  });

  it('identifies the system the same way by SQL, by replication command and by the control file', async () => {
    const replication = await connect(primary, 'replicator', { replication: true });
    const identity = await inspector.identifySystem(replication);
    const control = await inspector.controlState(await connect(standby));
    expect(identity).toMatchObject({ timeline: 1, systemIdentifier: control.systemIdentifier });
    expect(identity.walPosition).toBeGreaterThan(0n);
    const onDisk = await localServerOf(primary).controlData();
    expect(onDisk).toMatchObject({
      systemIdentifier: control.systemIdentifier,
      state: 'in production',
      checkpointTimeline: 1,
      dataChecksums: true,
      walLogHints: false,
      walSegmentSizeBytes: 16 * 1024 * 1024,
    });
    expect(await inspector.timelineHistory(replication, 1 as TimelineId)).toEqual([]);
    await expect(inspector.timelineHistory(replication, 5 as TimelineId)).rejects.toMatchObject({
      sqlState: '58P01',
      hint: expect.stringContaining('.history') as string,
    });
  });

  describe('slots', () => {
    const bySql = (): Promise<Connection> => connect(primary);
    const byCommand = (): Promise<Connection> => connect(primary, 'replicator', { replication: true });

    it.each([
      ['SQL', bySql],
      ['replication commands', byCommand],
    ])('are created, reused and dropped by %s', async (_, connectTo) => {
      const connection = await connectTo();
      expect(await inspector.createPhysicalSlot(connection, 'repmgr_slot_2')).toBe('created');
      expect(await inspector.createPhysicalSlot(connection, 'repmgr_slot_2')).toBe('reused');
      const [slot] = await inspector.replicationSlots(await connect(primary));
      expect(slot).toMatchObject({
        slotName: 'repmgr_slot_2',
        slotType: 'physical',
        active: false,
        walStatus: 'reserved',
      });
      expect(slot?.restartLsn).toBeGreaterThan(0n);
      expect(await inspector.dropSlot(connection, 'repmgr_slot_2')).toBe('dropped');
      expect(await inspector.dropSlot(connection, 'repmgr_slot_2')).toBe('absent');
    });

    it('in use are neither reused nor dropped', async () => {
      const connection = await bySql();
      await inspector.createPhysicalSlot(connection, 'busy');
      await standby.query(`ALTER SYSTEM SET primary_slot_name = 'busy'`);
      await standby.query('SELECT pg_reload_conf()');
      await waitFor(async () => (await inspector.replicationSlots(connection))[0]?.active === true, {
        what: 'the slot to be in use',
        timeoutMs: 10_000,
      });
      await expect(inspector.createPhysicalSlot(connection, 'busy')).rejects.toThrow(/streaming from it/);
      expect(await inspector.dropSlot(connection, 'busy')).toBe('active');
      expect(await inspector.dropSlot(await byCommand(), 'busy')).toBe('active');
      await standby.query('ALTER SYSTEM RESET primary_slot_name');
      await standby.query('SELECT pg_reload_conf()');
      await waitFor(async () => (await inspector.dropSlot(connection, 'busy')) === 'dropped', {
        what: 'the slot to be dropped',
        timeoutMs: 10_000,
      });
    });
  });

  it('changes settings with nasty values', async () => {
    const connection = await connect(primary);
    // Settings of a module are known once it is loaded.
    await connection.query('DO $do$ BEGIN END $do$');
    const value = `it's "a" \\ back\\\\slash`;
    await inspector.alterSystem(connection, 'archive_cleanup_command', value);
    await inspector.alterSystem(connection, 'plpgsql.extra_warnings', 'all');
    await inspector.reloadConfiguration(connection);
    const names = ['archive_cleanup_command', 'plpgsql.extra_warnings'];
    await waitFor(
      async () => {
        const settings = await inspector.settings(connection, names);
        return settings.get('archive_cleanup_command') === value;
      },
      { what: 'the setting to arrive', timeoutMs: 5_000 },
    );
    await inspector.alterSystem(connection, 'archive_cleanup_command', null);
    await inspector.alterSystem(connection, 'plpgsql.extra_warnings', null);
    await inspector.checkpoint(connection, 10_000);
  });

  it('finds tablespaces outside of the data directory', async () => {
    const connection = await connect(primary);
    expect(await inspector.tablespaceLocations(connection)).toEqual([]);
    const location = `${primary.directory}/space`;
    await primary.machine.mustRun('mkdir', [location]);
    await primary.query(`CREATE TABLESPACE space LOCATION '${location}'`);
    expect(await inspector.tablespaceLocations(connection)).toMatchObject([{ location }]);
    await primary.query('DROP TABLESPACE space');
  });

  it('promotes at once', async () => {
    const connection = await connect(standby);
    await inspector.promote(connection);
    await waitFor(async () => (await inspector.recoveryState(connection)) === 'primary', {
      what: 'the promotion',
      timeoutMs: 10_000,
    });
    const replication = await connect(standby, 'postgres', { replication: true });
    const { timeline } = await inspector.identifySystem(replication);
    expect(timeline).toBe(2);
    const history = await inspector.timelineHistory(replication, timeline);
    expect(history).toMatchObject([{ timeline: 1 }]);
    expect(await inspector.walPositions(connection)).toMatchObject({ receivedLsn: null, replayedLsn: null });
  });
});
