import { describe, expect, it } from 'vitest';
import { emptyDurableState } from '../../../../src/decisions/failover/state.ts';
import { Core, configuration, end, primaryServer, standby, status, voter } from './core-fixture.ts';

const fresh = (overrides: Parameters<typeof standby>[0] = {}) =>
  new Core(
    standby({
      nodeId: 1,
      durable: {
        ...emptyDurableState('incarnation-1'),
      },
      server: { ...primaryServer, walEnd: end(1, 100) },
      ...overrides,
    }),
  );
const three = { type: 'registered', voters: [voter(1), voter(2), voter(3)] } as const;
const unknown = { configurationVersion: null, term: 0, reigns: [] };

describe('the first configuration', () => {
  it('is made at once by a single node, which is elected alone in term 1', () => {
    const core = fresh().feed({ type: 'registered', voters: [voter(1)] });
    expect(core.state.durable.configuration).toMatchObject({ version: { term: 1 }, voters: [{ nodeId: 1 }] });
    expect(core.state).toMatchObject({ role: 'primary', reign: { term: 1, phase: 'writable' } });
    expect(core.state.durable.reigns).toMatchObject([{ term: 1, nodeId: 1, timeline: 1, parentTimeline: 1 }]);
  });

  it('waits until a majority of the registered daemons knows of none', () => {
    const core = fresh().feed(three);
    expect(core.sent('status')).toHaveLength(2);
    expect(core.state.durable.configuration).toBeNull();
    core.answerStatus(2, status(2, unknown), 0);
    expect(core.state.durable.configuration?.voters).toHaveLength(1);
  });

  it('is not made where anybody has one already', () => {
    const core = fresh().feed(three);
    core.answerStatus(2, status(2, { configurationVersion: configuration.version }), 0);
    core.answerStatus(3, status(3, unknown), 0).feed(three);
    expect(core.state.durable.configuration).toBeNull();
  });

  it('is not made by a standby, an unregistered node or another incarnation', () => {
    const alone = { type: 'registered', voters: [voter(1)] } as const;
    expect(
      fresh({ server: { recoveryState: 'standby' } }).feed(alone).state.durable.configuration,
    ).toBeNull();
    expect(fresh().feed({ type: 'registered', voters: [voter(2)] }).state.durable.configuration).toBeNull();
    const stranger = { type: 'registered', voters: [voter(1, 'another')] } as const;
    expect(fresh().feed(stranger).state.durable.configuration).toBeNull();
  });

  it.each([
    ['failover is manual', { isFailoverAutomatic: false }],
    ['its priority is 0', { priority: 0 }],
  ])('makes a primary also where %s', (_, parameters) => {
    const core = fresh({ parameters }).feed({ type: 'registered', voters: [voter(1)] });
    expect(core.after(10_000).state.role).toBe('primary');
  });
});
