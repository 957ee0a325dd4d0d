import { afterEach, describe, expect, it } from 'vitest';
import { Cancelled, ConnectionFailed, QueryFailed } from '../../src/domain/errors/repmgr-error.ts';
import type { Connection, ConnectionFactory } from '../../src/ports/connection.ts';

/** How the suite gets at servers in the states that it needs. */
export interface ConnectionSetup {
  createFactory(): ConnectionFactory;
  /** Conninfo of a primary that accepts connections of a superuser. */
  primary(): string;
  /** Conninfo of a standby of that primary. */
  standby(): string;
  /** Conninfo of an address where nobody listens. */
  dead(): string;
  /** Conninfo of an address where connections are accepted and nothing is ever answered. */
  silent(): string;
}

/** What every ConnectionFactory must do. */
export function describeConnectionFactory(name: string, setup: ConnectionSetup): void {
  describe(`${name} as a connection factory`, () => {
    const opened: Connection[] = [];

    async function open(
      conninfo = setup.primary(),
      options: Parameters<ConnectionFactory['connect']>[1] = {},
    ): Promise<Connection> {
      const connection = await setup.createFactory().connect(conninfo, options);
      opened.push(connection);
      return connection;
    }

    async function failureOf(attempt: Promise<unknown>): Promise<ConnectionFailed> {
      const error = await attempt.then(
        () => undefined,
        (reason: unknown) => reason,
      );
      expect(error).toBeInstanceOf(ConnectionFailed);
      return error as ConnectionFailed;
    }

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((connection) => connection.close()));
    });

    it('returns values as text and NULL as null', async () => {
      const connection = await open();
      await expect(
        connection.query(`SELECT 1::bigint AS "number", true AS "truth", NULL::text AS "nothing"`),
      ).resolves.toEqual([{ number: '1', truth: 't', nothing: null }]);
    });

    it('binds parameters', async () => {
      const connection = await open();
      const rows = await connection.query(
        'SELECT $1::int + 1 AS sum, $2::text AS quoted, $3::bool AS no, $4::int AS none',
        [41, `it's`, false, null],
      );
      expect(rows).toEqual([{ sum: '42', quoted: `it's`, no: 'f', none: null }]);
      await expect(connection.query('SELECT 1 AS one', [])).resolves.toEqual([{ one: '1' }]);
    });

    it('answers several statements with the rows of the last', async () => {
      const connection = await open();
      await expect(connection.query('SELECT 1 AS first; SELECT 2 AS last')).resolves.toEqual([{ last: '2' }]);
    });

    it('runs queries in the order of the calls', async () => {
      const connection = await open();
      await connection.query('CREATE TEMPORARY SEQUENCE calls');
      const rows = await Promise.all(
        Array.from({ length: 20 }, () => connection.query(`SELECT nextval('pg_temp.calls') AS call`)),
      );
      expect(rows.flat().map(({ call }) => call)).toEqual(Array.from({ length: 20 }, (_, i) => `${i + 1}`));
    });

    it('prepares the session: empty search path, commits that wait for no standby, its name', async () => {
      const connection = await open(`${setup.primary()} options='-c work_mem=3MB -csearch_path=public'`);
      await expect(
        connection.query(
          `SELECT current_setting('search_path') AS path, current_setting('synchronous_commit') AS commits,
             current_setting('work_mem') AS own, current_setting('application_name') AS name`,
        ),
      ).resolves.toEqual([{ path: '', commits: 'local', own: '3MB', name: 'repmgr' }]);
      expect(connection.serverVersionNum).toBeGreaterThan(120_000);
      expect(connection.parameters.get('dbname')).toBe('postgres');
    });

    it('leaves synchronous_commit as the server has it for who asks about it', async () => {
      const connection = await open(setup.primary(), { keepsSynchronousCommit: true });
      await expect(
        connection.query(
          `SELECT current_setting('search_path') AS path, current_setting('synchronous_commit') AS commits`,
        ),
      ).resolves.toEqual([{ path: '', commits: 'on' }]);
    });

    it('keeps the name that the conninfo gives', async () => {
      const connection = await open(`${setup.primary()} application_name=mine`);
      await expect(connection.query('SHOW application_name')).resolves.toEqual([
        { application_name: 'mine' },
      ]);
    });

    it('reports what the server refuses and goes on', async () => {
      const connection = await open();
      const refusal = await connection.query('SELECT * FROM nonsense').catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(QueryFailed);
      expect(refusal).toMatchObject({ sqlState: '42P01', hint: expect.any(String) });
      await expect(connection.query('SELECT 1 AS one')).resolves.toEqual([{ one: '1' }]);
      expect(connection.isOpen()).toBe(true);
    });

    it('gives up a query that takes too long, together with the connection', async () => {
      const connection = await open();
      const failure = await failureOf(connection.query('SELECT pg_sleep(5)', undefined, { timeoutMs: 100 }));
      expect(failure.message).toContain('within 100 ms');
      expect(connection.isOpen()).toBe(false);
      await connection.lost;
      await failureOf(connection.query('SELECT 1'));
    });

    it('gives up a query whose signal aborts', async () => {
      const connection = await open();
      const signal = AbortSignal.timeout(50);
      await expect(connection.query('SELECT pg_sleep(5)', undefined, { signal })).rejects.toThrow(Cancelled);
      await connection.lost;
    });

    it('notices that the server ends the session, busy or idle', async () => {
      const [busy, idle, killer] = [await open(), await open(), await open()];
      const pidOf = async (connection: Connection): Promise<string | null | undefined> =>
        (await connection.query('SELECT pg_backend_pid() AS pid'))[0]?.pid;
      const pids = [(await pidOf(busy)) ?? null, (await pidOf(idle)) ?? null];
      const query = failureOf(busy.query('SELECT pg_sleep(5)'));
      await killer.query('SELECT pg_terminate_backend($1), pg_terminate_backend($2)', pids);
      expect((await query).sqlState).toBe('57P01');
      await Promise.all([busy.lost, idle.lost]);
      expect([busy.isOpen(), idle.isOpen(), killer.isOpen()]).toEqual([false, false, true]);
      await failureOf(idle.query('SELECT 1'));
    });

    it('tells that it is lost after close and after destroy', async () => {
      const [closed, destroyed] = [await open(), await open()];
      await closed.close();
      await closed.lost;
      await closed.close();
      destroyed.destroy();
      await destroyed.lost;
      await failureOf(closed.query('SELECT 1'));
      await failureOf(destroyed.query('SELECT 1'));
    });

    it('closes while a query runs', async () => {
      const busy = await open(`${setup.primary()} application_name=busy`);
      const observer = await open();
      const query = failureOf(busy.query('SELECT pg_sleep(5)'));
      const running = `SELECT 1 FROM pg_stat_activity WHERE application_name = 'busy' AND state = 'active'`;
      await expect.poll(async () => (await observer.query(running)).length).toBe(1);
      await busy.close();
      await query;
    });

    it('does not even send a query whose signal has aborted', async () => {
      const connection = await open();
      const signal = AbortSignal.abort();
      await expect(connection.query('SELECT 1', undefined, { signal })).rejects.toThrow(Cancelled);
      expect(connection.isOpen()).toBe(true);
    });

    it('tells of a database that does not exist', async () => {
      const failure = await failureOf(open(`${setup.primary()} dbname=nonsense`));
      expect(failure).toMatchObject({ sqlState: '3D000', hint: expect.stringContaining('nonsense') });
    });

    it('tells of a server that is not there, and of one that is silent, in time', async () => {
      const startedMs = performance.now();
      expect((await failureOf(open(setup.dead()))).hint).toContain('check that PostgreSQL runs');
      expect((await failureOf(open(setup.silent(), { timeoutMs: 200 }))).message).toContain(
        'no answer within',
      );
      expect(performance.now() - startedMs).toBeLessThan(2_000);
    });

    it('can be cancelled while it connects', async () => {
      const signal = AbortSignal.timeout(50);
      await expect(open(setup.silent(), { signal })).rejects.toThrow(Cancelled);
    });

    it('tells primary from standby when asked for one of them', async () => {
      const inRecovery = async (conninfo: string): Promise<string | null | undefined> =>
        (await (await open(conninfo)).query('SELECT pg_is_in_recovery() AS it'))[0]?.it;
      await expect(inRecovery(setup.standby())).resolves.toBe('t');
      for (const attribute of ['standby', 'read-only', 'prefer-standby', 'any']) {
        await expect(inRecovery(`${setup.standby()} target_session_attrs=${attribute}`)).resolves.toBe('t');
      }
      for (const attribute of ['primary', 'read-write', 'prefer-standby', 'any']) {
        await expect(inRecovery(`${setup.primary()} target_session_attrs=${attribute}`)).resolves.toBe('f');
      }
      const failure = await failureOf(open(`${setup.standby()} target_session_attrs=primary`));
      expect(failure.message).toContain('server is in hot standby mode');
    });

    it('opens replication connections', async () => {
      const connection = await open(setup.primary(), { replication: true });
      const [system] = await connection.query('IDENTIFY_SYSTEM');
      expect(system).toMatchObject({ timeline: '1', dbname: null });
      expect(connection.isReplication).toBe(true);
      const refusal = await connection.query('NONSENSE').catch((error: unknown) => error);
      expect(refusal).toBeInstanceOf(QueryFailed);
    });

    it('pings', async () => {
      const factory = setup.createFactory();
      await expect(factory.ping(setup.primary())).resolves.toBe('ok');
      await expect(factory.ping(setup.standby())).resolves.toBe('ok');
      await expect(factory.ping(`${setup.primary()} dbname=nonsense user=nobody`)).resolves.toBe('ok');
      await expect(factory.ping(setup.dead())).resolves.toBe('noResponse');
      await expect(factory.ping(setup.silent(), { timeoutMs: 100 })).resolves.toBe('noResponse');
      await expect(factory.ping('nonsense')).resolves.toBe('noAttempt');
    });
  });
}
