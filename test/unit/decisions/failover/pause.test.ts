import { describe, expect, it } from 'vitest';
import { Core, configuration, leaseMs, primary, standby } from './core-fixture.ts';

const ask = (core: Core, paused: boolean) => core.feed({ type: 'pauseRequested', replyTo: 'pause', paused });
const isPaused = (core: Core) => core.state.durable.configuration?.paused;
const stored = (counter: number) => ({ configurationVersion: { term: 3, counter } });
const paused = { durable: { configuration: { ...configuration, paused: true } } };

describe('a pause', () => {
  it('is confirmed once a majority has stored it', () => {
    const core = ask(new Core(primary()), true);
    expect(isPaused(core)).toBe(true);
    expect(core.has('reply')).toBe(false);
    core.after(10).answerHeartbeat(2, stored(2));
    expect(core.reply('pause')).toEqual({ ok: true });
  });

  it('that no majority stores fails, and is taken back', () => {
    const core = ask(new Core(primary()), true);
    core.after(1_500).answerHeartbeat(2).after(1_499);
    core.answerHeartbeat(2).after(1);
    expect(core.reply('pause')).toMatchObject({ ok: false });
    expect(isPaused(core)).toBe(false);
    expect(core.state.durable.configuration?.version).toEqual({ term: 3, counter: 3 });
    expect(core.state.durable.configuration?.leaseMs).toBe(leaseMs);
  });

  it('is refused by a node that is no primary under a lease', () => {
    expect(ask(new Core(standby()), true).reply('pause')).toMatchObject({ ok: false });
    const lapsed = new Core(primary({ ...paused, reign: { acknowledgedAtMs: {} } }));
    expect(ask(lapsed, false).reply('pause')).toMatchObject({ ok: false });
  });

  it('is lifted by a primary under a lease', () => {
    const core = ask(new Core(primary(paused)), false);
    expect(isPaused(core)).toBe(false);
    core.after(10).answerHeartbeat(3, stored(2));
    expect(core.reply('pause')).toEqual({ ok: true });
  });

  it('lets one request at a time be under way', () => {
    const core = ask(new Core(primary()), true);
    core.feed({ type: 'pauseRequested', replyTo: 'second', paused: true });
    expect(core.reply('second')).toMatchObject({ ok: false });
  });

  it('keeps a standby from standing', () => {
    const core = new Core(standby(paused)).feed({ type: 'tick' }).after(10_000);
    expect(core.state.campaign).toBeNull();
  });

  it('lets an open server whose daemon restarted have its lease back', () => {
    const open = standby({
      nodeId: 1,
      ...paused,
      server: { recoveryState: 'primary', upstream: null },
    });
    const core = new Core(open).feed({ type: 'tick' });
    expect(core.state.campaign).not.toBeNull();
  });
});
