import { describe, expect, it } from 'vitest';
import { Core, end, goneServer, id, primary, standby, voteRequest } from './core-fixture.ts';

describe('an operation that never ends', () => {
  it('refuses the vote that waits for a receiver', () => {
    const core = new Core(standby());
    core.feed({
      type: 'request',
      from: id(3),
      replyTo: 'v',
      request: { message: 'vote', body: voteRequest() },
    });
    core.after(4_000);
    expect(core.reply('v')).toMatchObject({ granted: false });
    expect(core.state.pendingVote).toBeNull();
  });

  it('does not keep a reign alive while a crash is assessed', () => {
    const core = new Core(primary()).feed({ type: 'observed', server: goneServer, walMovedAtMs: null });
    for (let second = 0; second < 6; second += 1) core.after(1_000).answerHeartbeat(2);
    expect(core.state.role).toBe('primary');
    expect(core.after(1_000).state.role).toBe('fencing');
  });

  it('may take as long as it likes when it rebuilds the data', () => {
    const core = new Core(
      standby({
        server: { verdict: 'rebuilding', walEnd: end(2, 1) },
        state: { role: 'rejoining', operation: { kind: 'rejoin', id: 1, startedAtMs: 0 } },
      }),
    );
    expect(core.feed({ type: 'tick' }).after(600_000).state.operation?.kind).toBe('rejoin');
  });
});
