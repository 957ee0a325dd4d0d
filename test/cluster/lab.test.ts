import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DoublePrimaryWatch } from '../../lab/double-primary-watch.ts';
import { freePort } from '../../lab/free-port.ts';
import { PostgresInstance } from '../../lab/postgres-instance.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../lab/temporary-folder.ts';
import { waitFor } from '../../lab/wait-for.ts';
import { WritingClient } from '../../lab/writing-client.ts';

// The instruments must notice what they are there for; no repmgr takes part.
describe('the instruments of the lab', () => {
  let folder: TemporaryFolder;
  let primary: PostgresInstance;
  let standby: PostgresInstance;

  const endpoints = () => [primary, standby].map(({ host, port }) => ({ host, port }));
  const newWriter = () =>
    new WritingClient({ endpoints: endpoints(), user: 'postgres', database: 'postgres' });
  const newWatch = () =>
    new DoublePrimaryWatch([
      { node: 'node1', host: primary.host, port: primary.port },
      { node: 'node2', host: standby.host, port: standby.port },
    ]);

  beforeAll(async () => {
    folder = createTemporaryFolder();
    const port = await freePort(['127.0.0.2', '127.0.0.3']);
    primary = await PostgresInstance.create({
      directory: join(folder.path, 'node1'),
      host: '127.0.0.2',
      port,
    });
    await primary.start();
    await WritingClient.prepare(primary, 'postgres');
    await DoublePrimaryWatch.prepare(primary);
    standby = await PostgresInstance.cloneOf(primary, {
      directory: join(folder.path, 'node2'),
      host: '127.0.0.3',
      port,
    });
    await standby.start();
  });

  afterAll(async () => {
    await folder.remove();
    expect(existsSync(folder.path)).toBe(false);
  });

  it('writes about a hundred rows a second and finds every one of them again', async () => {
    const writer = newWriter();
    writer.start();
    await waitFor(() => writer.acknowledged.length >= 100, { what: '100 rows', timeoutMs: 10_000 });
    await writer.stop();
    const [first, last] = [writer.acknowledged[0], writer.acknowledged[99]];
    const tookMs = (last?.acknowledgedMs ?? 0) - (first?.acknowledgedMs ?? 0);
    expect(tookMs).toBeGreaterThan(900);
    expect(tookMs).toBeLessThan(3_000);
    expect(await writer.verify(primary)).toMatchObject({ lost: [], unknown: 0 });
    await primary.query('TRUNCATE repmgr_lab_writes');
  });

  it('sees a lost row', async () => {
    const writer = newWriter();
    writer.start();
    await waitFor(() => writer.acknowledged.length >= 20, { what: '20 rows', timeoutMs: 10_000 });
    await writer.stop();
    await primary.query('DELETE FROM repmgr_lab_writes WHERE sequence = 7');
    expect((await writer.verify(primary)).lost).toEqual([7]);
    await primary.query('TRUNCATE repmgr_lab_writes');
  });

  it('measures an outage and returns to the server when it is back', async () => {
    const writer = newWriter();
    writer.start();
    await waitFor(() => writer.acknowledged.length >= 20, { what: '20 rows', timeoutMs: 10_000 });
    const killedMs = performance.now();
    await primary.kill();
    await primary.start();
    const upMs = performance.now();
    await waitFor(() => writer.firstAcknowledgedAfter(upMs) !== undefined, {
      what: 'the writer to return',
      timeoutMs: 5_000,
    });
    await writer.stop();
    const outageMs = writer.outageSince(killedMs);
    expect(outageMs).toBeGreaterThan(20);
    expect(outageMs).toBeLessThan(upMs - killedMs + 500);
    expect((await writer.verify(primary)).lost).toEqual([]);
    await primary.query('TRUNCATE repmgr_lab_writes');
  });

  it('sees no second primary while there is one, and sees it when a standby is promoted beside it', async () => {
    await waitFor(async () => (await primary.query('SELECT 1 FROM pg_stat_replication')).length === 1, {
      what: 'the standby to stream',
      timeoutMs: 20_000,
    });
    const watch = newWatch();
    watch.start();
    await waitFor(() => (watch.intervals[0]?.toMs ?? 0) - (watch.intervals[0]?.fromMs ?? 0) > 200, {
      what: 'writes on the primary',
      timeoutMs: 5_000,
    });
    expect(watch.doublePrimaryMs()).toBe(0);
    await standby.promote();
    await waitFor(() => watch.doublePrimaryMs() > 100, { what: 'the watch to notice', timeoutMs: 10_000 });
    await watch.stop();
    expect(watch.overlaps()[0]?.nodes).toEqual(['node1', 'node2']);
  });
});
