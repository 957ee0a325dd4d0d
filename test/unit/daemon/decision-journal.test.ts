import { beforeEach, describe, expect, it } from 'vitest';
import {
  describeReasoning,
  journalLength,
  openDecisionJournal,
} from '../../../src/daemon/decision-journal.ts';
import type { Explanation } from '../../../src/decisions/failover/state.ts';
import { OperationFailed } from '../../../src/domain/errors/repmgr-error.ts';
import type { NodeId } from '../../../src/domain/node.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import type { DaemonLog } from '../../../src/ports/logger.ts';
import { createFakeFileSystem, FakeClock } from '../../fakes/fake-host.ts';
import { operationContext } from '../../fakes/operation-context.ts';
import { partialPort } from '../../fakes/partial-port.ts';

const path = '/state/decisions.jsonl';

let files: Map<string, string>;
let clock: FakeClock;
let isDiskFull: boolean;
let warnings: () => string[];

beforeEach(() => {
  files = new Map();
  clock = new FakeClock();
  isDiskFull = false;
});

function open() {
  const disk = createFakeFileSystem(files);
  const whileThereIsRoom = async (write: () => Promise<void>): Promise<void> => {
    if (isDiskFull) throw new OperationFailed(`cannot write "${path}": no space left on device`);
    await write();
  };
  const adapters = partialPort<Adapters>('Adapters', {
    clock,
    files: {
      ...disk,
      append: (name, content) => whileThereIsRoom(() => disk.append(name, content)),
      writeDurably: (name, content) => whileThereIsRoom(() => disk.writeDurably(name, content)),
    },
  });
  const { log, settings, messages } = operationContext(adapters, { node_id: 2, node_name: 'node2' });
  warnings = messages;
  return openDecisionJournal({ nodeId: 2 as NodeId, adapters, log: log as DaemonLog, settings }, '/state');
}

/** The fake clock does not wait, so `settled` would not either. */
const written = () => new Promise((resolve) => setImmediate(resolve));

const said = (text: string, more: Partial<Explanation> = {}): Explanation => ({
  atMs: 1,
  rule: '§6',
  text,
  evidence: { bytes: 12 },
  ...more,
});

const everything = { sinceAgoMs: null, untilAgoMs: 0, limit: 200 };
const texts = (journal: Awaited<ReturnType<typeof open>>, request = everything) =>
  journal.select(request).decisions.map(({ text }) => text);

describe('the journal of decisions', () => {
  it('keeps what was decided, by the clock on the wall, over a restart', async () => {
    const journal = await open();
    journal.record(said('elected', { kind: 'decided', changedBy: 'more votes' }), 4);
    clock.nowMs += 1_000;
    journal.record(said('fencing', { alternatives: [{ action: 'wait', whyNot: 'two would write' }] }), 4);
    await written();
    const reopened = await open();
    reopened.record(said('started again'), 5);
    expect(reopened.select(everything).decisions).toMatchObject([
      { sequence: 1, nodeId: 2, term: 4, at: '2026-11-22T21:53:10.000Z', changedBy: 'more votes' },
      { sequence: 2, at: '2026-11-22T21:53:11.000Z', alternatives: [{ action: 'wait' }], times: 1 },
      { sequence: 3, text: 'started again', changedBy: null, kind: 'decided' },
    ]);
  });

  it('counts what is decided again and again, and writes only the doublings', async () => {
    const journal = await open();
    for (let round = 0; round < 40; round += 1) {
      journal.record(said(`no election: bound for another ${2_000 - round} ms`), 4);
      journal.record(said('1 better candidate stands first'), 4);
      clock.nowMs += 1_000;
    }
    await written();
    expect(journal.select(everything).decisions).toMatchObject([
      { text: 'no election: bound for another 2000 ms', times: 40, lastAt: '2026-11-22T21:53:49.000Z' },
      { times: 40 },
    ]);
    expect(files.get(path)?.split('\n')).toHaveLength(2 * 6 + 1);
    expect((await open()).select(everything).decisions).toMatchObject([{ times: 32 }, { times: 32 }]);
  });

  it('does not take the votes of two terms, or what comes back much later, for the same', async () => {
    const journal = await open();
    journal.record(said('voted for node 1 in term 4'), 4);
    journal.record(said('voted for node 1 in term 5'), 5);
    clock.nowMs += 400_000;
    journal.record(said('voted for node 1 in term 5'), 5);
    expect(journal.select(everything).decisions).toHaveLength(3);
  });

  it('forgets the oldest, on disk too', async () => {
    const journal = await open();
    for (let number = 1; number <= 2 * journalLength + 10; number += 1) {
      journal.record(said(`decision ${number}`), 1);
      if (number % 100 === 0) await written();
    }
    await written();
    const lines = files.get(path)?.trimEnd().split('\n') ?? [];
    expect(lines.length).toBeLessThanOrEqual(2 * journalLength);
    const reopened = await open();
    expect(texts(reopened, { ...everything, limit: 1 })).toEqual([`decision ${2 * journalLength + 10}`]);
    reopened.record(said('the next'), 1);
    expect(reopened.select(everything).decisions.at(-1)).toMatchObject({ sequence: 2 * journalLength + 11 });
  });

  it('goes on in memory while the disk is full, and writes all of it when there is room again', async () => {
    const journal = await open();
    journal.record(said('one'), 1);
    await written();
    isDiskFull = true;
    journal.record(said('two'), 1);
    await written();
    expect(texts(journal)).toEqual(['one', 'two']);
    expect(warnings()).toEqual([`warning: the journal of decisions "${path}" cannot be kept`]);
    isDiskFull = false;
    journal.record(said('three'), 1);
    await written();
    expect(texts(await open())).toEqual(['one', 'two', 'three']);
  });

  it('leaves out half a line, and mends the file', async () => {
    const journal = await open();
    journal.record(said('one'), 1);
    await written();
    files.set(path, `${files.get(path)}{"sequence":2,"nod`);
    const reopened = await open();
    reopened.record(said('two'), 1);
    await written();
    expect(files.get(path)).not.toContain('"nod\n');
    expect(texts(await open())).toEqual(['one', 'two']);
  });
});

describe('a request for decisions', () => {
  it('is answered for a span of time counted back from now, with the last one before it', async () => {
    const journal = await open();
    for (const text of ['at 0 s', 'at 60 s', 'at 120 s', 'at 180 s']) {
      journal.record(said(text), 1);
      clock.nowMs += 60_000;
    }
    const span = { sinceAgoMs: 200_000, untilAgoMs: 100_000, limit: 200 };
    expect(journal.answer(span)).toMatchObject({
      status: 200,
      body: {
        nodeId: 2,
        nodeName: 'node2',
        now: '2026-11-22T21:57:10.000Z',
        decisions: [{ text: 'at 60 s' }, { text: 'at 120 s' }],
        before: { text: 'at 0 s' },
      },
    });
    expect(journal.select({ sinceAgoMs: 30_000, untilAgoMs: 0, limit: 200 })).toMatchObject({
      decisions: [],
      before: { text: 'at 180 s' },
    });
    expect(texts(journal, { ...everything, limit: 2 })).toEqual(['at 120 s', 'at 180 s']);
  });

  it.each([null, {}, { sinceAgoMs: -1, untilAgoMs: 0, limit: 1 }, { ...everything, limit: 0 }])(
    'is refused in another form: %j',
    async (body) => {
      expect((await open()).answer(body).status).toBe(400);
    },
  );
});

describe('describeReasoning', () => {
  it('is one sentence for the log, or none', () => {
    const alternatives = [{ action: 'restart', whyNot: 'it takes longer' }];
    expect(describeReasoning({ alternatives, changedBy: 'a shorter recovery' })).toBe(
      'not done: restart, because it takes longer; what would change it: a shorter recovery',
    );
    expect(describeReasoning({ kind: 'observed' })).toBeUndefined();
  });
});
