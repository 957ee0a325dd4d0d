import { describe, expect, it } from 'vitest';
import { judgeTargetDirectory, type TargetState } from '../../../../src/decisions/clone/target-directory.ts';

const stopped: TargetState = { kind: 'dataDirectory', majorVersion: 15, livePostmasterPid: undefined };
const running: TargetState = { kind: 'dataDirectory', majorVersion: 15, livePostmasterPid: 4711 };

describe('judgeTargetDirectory', () => {
  it.each([
    [{ kind: 'absent' }, false, 'create'],
    [{ kind: 'absent' }, true, 'create'],
    [{ kind: 'empty' }, false, 'use'],
    [{ kind: 'empty' }, true, 'use'],
    [{ kind: 'notEmpty' }, false, 'refuse'],
    [{ kind: 'notEmpty' }, true, 'replace'],
    [stopped, false, 'refuse'],
    [stopped, true, 'replace'],
    [running, false, 'refuse'],
    [running, true, 'refuse'],
    [{ kind: 'notADirectory' }, true, 'refuse'],
  ] as const)('%j with force %s: %s', (state, force, kind) => {
    expect(judgeTargetDirectory('/data', state, { force }).kind).toBe(kind);
  });

  it('names the running server, and that force does not help', () => {
    expect(judgeTargetDirectory('/data', running, { force: true })).toEqual({
      kind: 'refuse',
      message: 'a PostgreSQL server (process 4711) is running in "/data"',
      hint: 'stop it before cloning; --force does not override this',
    });
  });

  it('says what would be replaced', () => {
    expect(judgeTargetDirectory('/data', stopped, { force: true })).toEqual({
      kind: 'replace',
      message: '"/data" holds the data of a PostgreSQL 15 server and will be replaced',
    });
  });

  it('tells how to go on after a refusal', () => {
    expect(judgeTargetDirectory('/data', stopped, { force: false })).toMatchObject({
      hint: expect.stringContaining('--force'),
    });
    expect(judgeTargetDirectory('/data', { kind: 'notEmpty' }, { force: false })).toMatchObject({
      hint: expect.stringContaining('--force'),
    });
  });
});
