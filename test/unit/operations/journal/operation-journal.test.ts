import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ConfigurationError, OperationFailed } from '../../../../src/domain/errors/repmgr-error.ts';
import type { PromoteContent } from '../../../../src/operations/journal/entry.ts';
import { openEntry, readEntries } from '../../../../src/operations/journal/operation-journal.ts';
import { settleCopies } from '../../../../src/operations/journal/settle-journal.ts';
import type { OperationContext } from '../../../../src/operations/operation-context.ts';
import type { ProcessTable } from '../../../../src/ports/process-table.ts';
import { InterruptedWorld } from '../../../fakes/interrupted-world.ts';
import { partialPort } from '../../../fakes/partial-port.ts';

let world: InterruptedWorld;

beforeEach(() => {
  world = new InterruptedWorld('diverged');
});

afterEach(() => world.remove());

const promotion: PromoteContent = { operation: 'promote', stage: 'promoting' };
const directory = () => `${world.data}.repmgr/journal`;
const write = (name: string, content: unknown) =>
  world.process().adapters.files.writeDurably(`${directory()}/${name}`, JSON.stringify(content));

/** Sees processes of these pids, each started at tick 5. */
function withProcesses(...pids: number[]): OperationContext {
  const context = world.process();
  const processes = partialPort<ProcessTable>('ProcessTable', {
    find: async (pid) =>
      pids.includes(pid)
        ? { pid, parentPid: 1, name: 'node', startTicks: '5', isZombie: false, workingDirectory: undefined }
        : undefined,
  });
  return { ...context, adapters: { ...context.adapters, processes } };
}

const copyOf = (pid: number, startTicks: string) => ({
  version: 1,
  id: 'clone-x',
  operation: 'clone',
  stage: 'copying',
  kind: 'replace',
  target: world.data,
  workDirectory: `${world.data}.clone-x`,
  asideDirectory: null,
  inode: null,
  outside: [],
  slots: [],
  formerWalDirectory: null,
  dataDirectory: world.data,
  startedAt: '2026-11-22T00:00:00.000Z',
  owner: { pid, startTicks },
});

describe('the journal of operations', () => {
  it('has an entry until the operation is closed, and no folder afterwards', async () => {
    const open = await openEntry(world.process(), promotion);
    expect((await readEntries(world.process())).abandoned).toMatchObject([promotion]);
    await open.close();
    expect(await readEntries(world.process())).toEqual({ abandoned: [], underWay: [] });
    expect(await world.process().adapters.files.exists(directory())).toBe(false);
  });

  it('leaves alone what a living process is at, and refuses to copy meanwhile', async () => {
    await (await openEntry(world.process(), promotion)).close();
    await world.process().adapters.files.makeDirectory(directory());
    await write('clone-x.json', copyOf(4_711, '5'));
    const context = withProcesses(4_711);
    expect((await readEntries(context)).underWay).toHaveLength(1);
    await expect(settleCopies(context, { includesDirect: false })).rejects.toThrow(OperationFailed);
  });

  it('knows a process of the same pid that started later for another one', async () => {
    await world.process().adapters.files.makeDirectory(directory());
    await write('clone-x.json', copyOf(4_711, '4'));
    expect((await readEntries(withProcesses(4_711))).abandoned).toHaveLength(1);
  });

  it.each([
    ['of a newer release', { version: 2, id: 'x' }],
    ['that is no entry', { version: 1 }],
    ['of an operation that nobody knows', { version: 1, operation: 'dance' }],
  ])('refuses a file %s, by its name', async (_, content) => {
    await world.process().adapters.files.makeDirectory(directory());
    await write('strange.json', content);
    await expect(readEntries(world.process())).rejects.toThrow(ConfigurationError);
    await expect(readEntries(world.process())).rejects.toThrow('strange.json');
  });

  it('is done without, with a warning, where the state directory cannot be written', async () => {
    const context = world.process();
    const files = {
      ...context.adapters.files,
      makeDirectory: () => Promise.reject(new OperationFailed('no permission')),
    };
    const open = await openEntry({ ...context, adapters: { ...context.adapters, files } }, promotion);
    await open.record({});
    await open.close();
    expect(context.messages()).toEqual([expect.stringContaining('there is no journal')]);
  });
});
