import { describe, expect, it } from 'vitest';
import { RefusalReporter } from '../../../../src/daemon/server/tell-refusal.ts';
import { ConnectionFailed } from '../../../../src/domain/errors/repmgr-error.ts';
import type { Adapters } from '../../../../src/ports/adapters.ts';
import { FakeClock } from '../../../fakes/fake-host.ts';
import { partialPort } from '../../../fakes/partial-port.ts';
import { daemonNode } from './daemon-node.ts';

const wrongPassword = new ConnectionFailed('password authentication failed', {
  sqlState: '28P01',
  hint: 'correct the password',
});
const startingUp = new ConnectionFailed('the database system is starting up', { sqlState: '57P03' });

function reporter() {
  const clock = new FakeClock();
  const { node, records } = daemonNode(partialPort<Adapters>('adapters', { clock }));
  return { clock, records, refusals: new RefusalReporter(node) };
}

describe('RefusalReporter', () => {
  it('tells the reason once and what to do, and once that it is over', () => {
    const { clock, records, refusals } = reporter();
    refusals.answered();
    refusals.refused(wrongPassword);
    refusals.refused(wrongPassword);
    clock.nowMs = 2_500;
    refusals.answered();
    refusals.answered();
    expect(records).toEqual([
      {
        level: 'warning',
        message: 'PostgreSQL of this node runs, but cannot be asked: password authentication failed',
        detail: 'a server that runs is alive for the protocol, and no other is elected because of this',
        hint: 'correct the password',
      },
      { level: 'notice', message: 'PostgreSQL of this node answers again after 2.5 s' },
    ]);
  });

  it('raises no alarm over a server that only starts up', () => {
    const { records, refusals } = reporter();
    refusals.refused(startingUp);
    expect(records).toMatchObject([{ level: 'notice' }]);
  });

  it('tells each new reason, and counts from the first', () => {
    const { clock, records, refusals } = reporter();
    refusals.refused(startingUp);
    clock.nowMs = 1_000;
    refusals.refused(wrongPassword);
    clock.nowMs = 3_000;
    refusals.answered();
    expect(records.map(({ message }) => message)).toEqual([
      expect.stringContaining('starting up'),
      expect.stringContaining('password'),
      'PostgreSQL of this node answers again after 3.0 s',
    ]);
  });

  it('waits for a moment before it mentions silence', () => {
    const { clock, records, refusals } = reporter();
    const silent = new ConnectionFailed('connection refused');
    refusals.refused(silent);
    clock.nowMs = 1_900;
    refusals.refused(silent);
    refusals.answered();
    expect(records).toEqual([]);
    refusals.refused(silent);
    clock.nowMs = 4_000;
    refusals.refused(silent);
    refusals.refused(silent);
    clock.nowMs = 5_000;
    refusals.answered();
    expect(records.map(({ level, message }) => `${level}: ${message}`)).toEqual([
      'warning: PostgreSQL of this node runs, but cannot be asked: connection refused',
      'notice: PostgreSQL of this node answers again after 3.1 s',
    ]);
  });

  it('leaves a server that has ended to others', () => {
    const { records, refusals } = reporter();
    refusals.refused(startingUp);
    refusals.forget();
    refusals.answered();
    expect(records).toHaveLength(1);
  });
});
