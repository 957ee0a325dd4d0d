import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { OperationFailed } from '../../../src/domain/errors/repmgr-error.ts';
import type { FaultScenario } from '../fault-scenario.ts';
import type { FaultStage } from '../fault-stage.ts';

export const rewindWalGone: FaultScenario = {
  name: 'rewind-wal-gone',
  what: 'The old primary has diverged, and the WAL that a rewind would read is gone.',
  actor: 'its daemon makes a new copy beside the old data directory',
  expected: {
    outageMs: (leaseMs) => leaseMs + 4_000,
    primary: 'moves',
    lostRows: 400,
    cause: /new copy|reclone|re-clone/i,
  },
  play: async (stage) => {
    const { primary, network } = stage;
    await stage.strike(() => network.isolate(primary.id - 1, { clients: false }));
    await divergeFar(stage);
    await stage.newPrimary();
    await stage.strike(async () => {
      await primary.killHost();
      await removeWalBeforeLastCheckpoint(stage);
    });
    await stage.mend(() => {
      network.heal();
      return primary.restartHost();
    });
  },
};

/** The last checkpoint comes to lie in a segment behind the fork. */
async function divergeFar({ primary }: FaultStage): Promise<void> {
  await primary.postgres.query('SELECT pg_switch_wal()');
  await primary.postgres.query('CHECKPOINT');
}

/** As the server itself does, sooner or later. */
async function removeWalBeforeLastCheckpoint({ primary }: FaultStage): Promise<void> {
  const { postgres } = primary;
  const control = await postgres.program('pg_controldata', ['-D', postgres.dataDirectory]);
  const redo = /^Latest checkpoint's REDO WAL file: +([0-9A-F]{24})$/m.exec(control)?.[1];
  if (redo === undefined) throw new OperationFailed(`pg_controldata names no REDO WAL file:\n${control}`);
  const folder = join(postgres.dataDirectory, 'pg_wal');
  const segments = readdirSync(folder).filter((name) => /^[0-9A-F]{24}$/.test(name));
  for (const segment of segments) if (segment < redo) rmSync(join(folder, segment));
}
