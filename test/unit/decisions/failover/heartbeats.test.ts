import { describe, expect, it } from 'vitest';
import { Core, configuration, primary, reign, reigns, startMs, voter } from './core-fixture.ts';

describe('the primary', () => {
  it('sends a round to every other voter each interval, with its send time', () => {
    const core = new Core(primary()).feed({ type: 'tick' }).after(500);
    expect(core.sent('heartbeat').map((effect) => [effect.to.nodeId, effect.tag.sentAtMs - startMs])).toEqual(
      [
        [2, 250],
        [3, 250],
        [2, 500],
        [3, 500],
      ],
    );
  });

  it('fences at once when a refusal proves another reign', () => {
    const core = new Core(primary());
    core.answerHeartbeat(2, { accepted: false, term: 4, reigns: [...reigns, reign(4, 3, 3, 900, 2)] });
    expect(core.has('fence')).toBe(true);
  });

  it('stands where it is when a refusal names a newer term only', () => {
    const core = new Core(primary()).answerHeartbeat(2, { accepted: false, term: 6 });
    expect(core.has('fence')).toBe(false);
    expect(core.sent('prevote')[0]?.request.body).toMatchObject({ term: 7, timeline: null });
  });

  it('takes over a newer configuration from a refusal and re-issues it', () => {
    const newer = { ...configuration, version: { term: 3, counter: 5 }, voters: [voter(1), voter(2)] };
    const core = new Core(primary()).answerHeartbeat(2, { accepted: false, configuration: newer });
    expect(core.state.durable.configuration).toMatchObject({ version: { term: 3, counter: 6 } });
    expect(core.state.durable.configuration?.voters).toHaveLength(2);
  });

  it('does not count a voter that has lost its memory', () => {
    const seen = { '2/incarnation-2': { startCounter: 4, term: 3 } };
    const core = new Core(
      primary({ durable: { seen }, reign: { acknowledgedAtMs: {}, graceUntilMs: startMs + 9 } }),
    );
    core.answerHeartbeat(2);
    expect(core.state.reign?.acknowledgedAtMs).toEqual({});
    core.answerHeartbeat(2, { startCounter: 5 });
    expect(core.state.reign?.acknowledgedAtMs).toEqual({ 2: startMs });
  });

  it('lets a late acknowledgement never take back a newer one', () => {
    const core = new Core(primary()).answerHeartbeat(2, {}, startMs - 500);
    expect(core.state.reign?.acknowledgedAtMs[2]).toBe(startMs);
  });

  it('steps down when its server was restarted in recovery', () => {
    const core = new Core(primary());
    const server = { ...core.state.server, recoveryState: 'standby' } as const;
    core.feed({ type: 'observed', server, walMovedAtMs: null }).after(999);
    expect(core.state.role).toBe('primary');
    core.after(1);
    expect(core.state).toMatchObject({ reign: null, durable: { intent: 'standby' } });
  });
});
