import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createSystemClock } from '../../../../src/host/clock.ts';
import { createProcessTable } from '../../../../src/host/process/process-table.ts';
import { endOrphans } from '../../../../src/operations/journal/end-orphans.ts';
import { FakeCluster, nodeRecord } from '../../../fakes/fake-cluster.ts';
import { operationContext } from '../../../fakes/operation-context.ts';

let folder: string;
let children: ChildProcess[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'end-orphans-'));
  children = [];
});

afterEach(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

/** A program of that name; Linux shows a script by its own name. */
async function start(name: string, ...args: string[]): Promise<ChildProcess> {
  const program = join(folder, name);
  // The lines after the first keep the shell from becoming the program that it starts.
  writeFileSync(program, '#!/bin/sh\necho started\nread line\nexit 0\n', { mode: 0o755 });
  const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'ignore'] });
  children.push(child);
  await new Promise((resolve) => child.stdout?.once('data', resolve));
  return child;
}

const hasEnded = (child: ChildProcess): Promise<unknown> =>
  new Promise((resolve) => {
    if (child.signalCode !== null) resolve(undefined);
    child.once('exit', resolve);
  });

it('ends what fills the directory, and nothing else', async () => {
  const directory = join(folder, 'data');
  const copying = await start('pg_basebackup', '-D', directory);
  const rewinding = await start('pg_rewind', `--target-pgdata=${directory}`);
  const elsewhere = await start('pg_basebackup', '-D', `${directory}2`);
  const serving = await start('postgres', '-D', directory);
  const other = await start('tar', directory);
  const cluster = new FakeCluster([nodeRecord(1)]);
  const adapters = {
    ...cluster.adapters(),
    clock: createSystemClock(),
    processes: createProcessTable(),
  };
  const context = operationContext(adapters);
  await endOrphans(context, directory);
  await Promise.all([copying, rewinding].map(hasEnded));
  expect([copying, rewinding].map(({ signalCode }) => signalCode)).toEqual(['SIGKILL', 'SIGKILL']);
  expect([elsewhere, serving, other].map(({ signalCode }) => signalCode)).toEqual([null, null, null]);
  expect(context.messages()[0]).toContain('pg_rewind (PID: ');
});
