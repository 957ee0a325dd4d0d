import { beforeEach, describe, expect, it } from 'vitest';
import { LocalCommandFailed, QueryFailed } from '../../../src/domain/errors/repmgr-error.ts';
import { promoteStandby, promotionMethod } from '../../../src/operations/promote-standby.ts';
import type { Adapters } from '../../../src/ports/adapters.ts';
import type { Connection } from '../../../src/ports/connection.ts';
import type { LocalServer } from '../../../src/ports/local-server.ts';
import { conninfoOf, FakeCluster, nodeRecord } from '../../fakes/fake-cluster.ts';
import { operationContext } from '../../fakes/operation-context.ts';
import { partialPort } from '../../fakes/partial-port.ts';

let cluster: FakeCluster;
let requestedAtMs: number[];
let promote: () => Promise<void>;
let hasServiceCommand: boolean;
let mayPromote: boolean;

beforeEach(() => {
  cluster = new FakeCluster([nodeRecord(1), nodeRecord(2)]);
  requestedAtMs = [];
  promote = async () => {};
  hasServiceCommand = false;
  mayPromote = true;
});

function adapters(): Adapters {
  const base = cluster.adapters();
  return {
    ...base,
    inspector: {
      ...base.inspector,
      mayPromote: async () => mayPromote,
      promote: async () => {
        requestedAtMs.push(cluster.clock.nowMs);
        await promote();
      },
    },
  };
}

const localServer = partialPort<LocalServer>('LocalServer', {
  dataDirectory: '/data',
  hasServiceCommand: () => hasServiceCommand,
  promote: async () => {
    requestedAtMs.push(cluster.clock.nowMs);
    await promote();
  },
});

async function run(method: 'pg_promote' | 'pg_ctl' = 'pg_promote', timeoutSecs = 60) {
  const context = operationContext(adapters(), { promote_check_timeout: timeoutSecs });
  const connection: Connection = await context.adapters.connections.connect(conninfoOf(2));
  return promoteStandby(context, { connection, localServer, method });
}

const promotedAfter = (ms: number): void => {
  cluster.clock.onSleep = (nowMs) => {
    if (nowMs >= ms) cluster.server(2).recoveryState = 'primary';
  };
};

describe('promoteStandby', () => {
  it('notices the end of recovery within 10 ms', async () => {
    promotedAfter(35);
    expect(await run()).toEqual({ durationMs: 40 });
    expect(requestedAtMs).toEqual([0]);
  });

  it('asks again when nothing happens, less and less often', async () => {
    promotedAfter(1_000);
    await run();
    expect(requestedAtMs).toEqual([0, 50, 150, 350, 750]);
  });

  it('takes it well when recovery ends just before it asks again', async () => {
    promotedAfter(60);
    promote = async () => {
      if (requestedAtMs.length > 1)
        throw new QueryFailed('recovery is not in progress', { sqlState: '55000' });
    };
    expect(await run()).toEqual({ durationMs: 60 });
  });

  it('does not repeat a command', async () => {
    promotedAfter(500);
    await run('pg_ctl');
    expect(requestedAtMs).toEqual([0]);
  });

  it('gives up after promote_check_timeout', async () => {
    await expect(run('pg_promote', 2)).rejects.toMatchObject({ exit: 'PROMOTION_FAIL' });
    expect(cluster.clock.nowMs).toBe(2_000);
  });

  it('fails when the request is refused', async () => {
    promote = async () => {
      throw new LocalCommandFailed('pg_ctl: no such process');
    };
    await expect(run('pg_ctl')).rejects.toMatchObject({
      exit: 'PROMOTION_FAIL',
      detail: 'pg_ctl: no such process',
    });
  });

  it('fails when a repeated request is refused for another reason', async () => {
    promote = async () => {
      if (requestedAtMs.length > 1) throw new QueryFailed('out of memory', { sqlState: '53200' });
    };
    await expect(run()).rejects.toMatchObject({ message: 'out of memory' });
  });

  it('lets an error in the state query through', async () => {
    cluster.server(2).brokenQuestions.add('recoveryState');
    await expect(run()).rejects.toBeInstanceOf(QueryFailed);
  });
});

describe('promotionMethod', () => {
  const method = async () => {
    const context = operationContext(adapters());
    const connection = await context.adapters.connections.connect(conninfoOf(2));
    return promotionMethod(context, { connection, localServer });
  };

  it('prefers a configured command, then pg_promote(), then pg_ctl', async () => {
    expect(await method()).toBe('pg_promote');
    mayPromote = false;
    expect(await method()).toBe('pg_ctl');
    hasServiceCommand = true;
    expect(await method()).toBe('serviceCommand');
  });
});
