import { describe, expect, it } from 'vitest';
import { type StoryLine, summariseStory, tellStory } from '../../../../src/decisions/outlook/tell-story.ts';
import { id } from './snapshot-fixture.ts';

const line = (
  nodeId: number,
  atMs: number,
  text: string,
  kind: StoryLine['kind'] = 'decided',
): StoryLine => ({
  atMs,
  nodeId: id(nodeId),
  kind,
  text,
  rule: '§5',
  evidence: {},
  alternatives: [],
  changedBy: null,
  times: 1,
  lastAtMs: atMs,
});

const event = (
  nodeId: number,
  atMs: number,
  name: string,
  details: string | null = null,
  successful = true,
) => ({
  nodeId,
  event: name,
  details,
  successful,
  atMs,
});

const texts = (lines: readonly StoryLine[]) => lines.map(({ text }) => text);

describe('a story', () => {
  it('has what all nodes decided in the order of time', () => {
    const journals = [
      { nodeId: id(1), lines: [line(1, 10, 'a'), line(1, 30, 'c')] },
      { nodeId: id(2), lines: [line(2, 20, 'b')] },
    ];
    expect(texts(tellStory(journals, [event(3, 25, 'standby_failure', 'gone', false)]))).toEqual([
      'a',
      'b',
      'standby_failure (failed): gone',
      'c',
    ]);
  });

  it('leaves out events that a journal tells better, not those of a node that is silent or was not yet there', () => {
    const journals = [{ nodeId: id(1), lines: [line(1, 10, 'fencing: no majority')] }];
    const events = [
      event(1, 5, 'repmgrd_fence'),
      event(1, 11, 'repmgrd_fence'),
      event(1, 12, 'node_rejoin'),
      event(2, 13, 'repmgrd_fence'),
    ];
    const told = tellStory(journals, events).map(({ nodeId, atMs, text }) => `${nodeId} ${atMs} ${text}`);
    expect(told).toEqual([
      '1 5 repmgrd_fence',
      '1 10 fencing: no majority',
      '1 12 node_rejoin',
      '2 13 repmgrd_fence',
    ]);
  });
});

describe('the short of a story', () => {
  const crash = line(1, 1_000, 'PostgreSQL has crashed: assessing', 'observed');
  const choice = line(1, 1_100, 'handover: a standby has all of the WAL');
  const elected = line(2, 1_300, 'elected in term 4 by nodes 2, 1');

  it('is the cause, the choice and the election', () => {
    const noise = line(3, 1_200, 'refused node 2 its vote in term 4: WAL moved', 'declined');
    expect(summariseStory([crash, choice, noise, elected, line(3, 1_400, 'following')])).toEqual({
      cause: crash,
      choice,
      outcome: elected,
    });
  });

  it('is the restart where that was chosen', () => {
    const restart = line(1, 1_100, 'restart: crash recovery is short');
    expect(summariseStory([crash, restart])).toEqual({ cause: crash, choice: null, outcome: restart });
  });

  it('takes the cause from an event where the node that saw it is silent', () => {
    const lost = { ...crash, kind: 'event' as const, text: 'repmgrd_local_disconnect: PostgreSQL is gone' };
    expect(summariseStory([lost, elected])).toMatchObject({ cause: lost, outcome: elected });
  });

  it('does not take what happened long before for the cause', () => {
    expect(summariseStory([crash, { ...elected, atMs: 99_000 }])).toMatchObject({ cause: null });
  });

  it('is what was not done where nothing was', () => {
    const declined = line(2, 2_000, 'no election: only 1 of 3 voters answer, 2 are needed', 'declined');
    expect(summariseStory([line(2, 1_000, 'silent', 'observed'), declined])).toMatchObject({
      outcome: declined,
    });
    expect(summariseStory([line(2, 1_000, 'following')])).toBeNull();
  });

  it('is a promotion that only the events know of', () => {
    const promoted = line(2, 1_500, 'standby_promote: by an operator', 'event');
    expect(summariseStory([promoted])).toMatchObject({ outcome: promoted });
  });
});
