import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { quoteConninfoValue } from '../../../src/domain/conninfo/render-conninfo.ts';
import { ConfigurationError, ConnectionFailed } from '../../../src/domain/errors/repmgr-error.ts';
import type { ConnectOptions, Row } from '../../../src/ports/connection.ts';
import { createConnectionFactory } from '../../../src/postgres/connection/create-connection-factory.ts';
import { describeConnectionFactory } from '../../contract/connection.contract.ts';
import { type ConnectionLab, certifiedHost, createConnectionLab, password } from './connection-lab.ts';

let lab: ConnectionLab;
beforeAll(async () => {
  lab = await createConnectionLab();
});
afterAll(() => lab.remove());

const superuser = `user=postgres password='${password}' dbname=postgres`;
const on = (port: number): string => `host=127.0.0.1 port=${port}`;
const factory = (variables: Record<string, string> = {}) =>
  createConnectionFactory({
    environment: {
      variables,
      homeDirectory: lab.home,
      osUser: 'postgres',
      socketDirectory: lab.primary.directory,
      systemDirectory: lab.home,
    },
  });

describeConnectionFactory('library pg', {
  createFactory: () => factory(),
  primary: () => `${on(lab.primary.port)} ${superuser}`,
  standby: () => `${on(lab.standby.port)} ${superuser}`,
  dead: () => on(lab.deadPort),
  silent: () => on(lab.silent.port),
});

/** One row of one query on a connection of its own. */
async function ask(
  conninfo: string,
  options: ConnectOptions & { sql?: string; variables?: Record<string, string> } = {},
): Promise<Row | undefined> {
  const { sql = whoAmI, variables, ...connectOptions } = options;
  const connection = await factory(variables).connect(conninfo, connectOptions);
  try {
    return (await connection.query(sql))[0];
  } finally {
    await connection.close();
  }
}

const whoAmI = `SELECT current_user AS name, current_database() AS dbname, ssl AS encrypted,
  host(inet_server_addr()) AS address, inet_server_port() AS port, pg_is_in_recovery() AS standby
  FROM pg_stat_ssl WHERE pid = pg_backend_pid()`;

async function failureOf(attempt: Promise<unknown>): Promise<ConnectionFailed> {
  const error = await attempt.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(ConnectionFailed);
  return error as ConnectionFailed;
}

describe('servers', () => {
  it('are tried in order until one is of the wanted kind', async () => {
    const hosts = `host=127.0.0.1,127.0.0.1,127.0.0.1 port=${lab.deadPort},${lab.standby.port},${lab.primary.port}`;
    const { primary, standby } = lab;
    expect(await ask(`${hosts} ${superuser}`)).toMatchObject({ port: String(standby.port) });
    expect(await ask(`${hosts} ${superuser} target_session_attrs=read-write`)).toMatchObject({
      port: String(primary.port),
    });
    expect(
      await ask(`${hosts} ${superuser} load_balance_hosts=random target_session_attrs=primary`),
    ).toMatchObject({
      port: String(primary.port),
    });
    const two = `host=127.0.0.1,127.0.0.1 port=${primary.port},${lab.deadPort} ${superuser}`;
    expect(await ask(`${two} target_session_attrs=prefer-standby`)).toMatchObject({ standby: 'f' });
    const failure = await failureOf(ask(`${two} target_session_attrs=standby`));
    expect(failure.detail).toContain('server is not in hot standby mode');
    expect(failure.detail).toContain('connection refused');
  });

  it('may hang without holding up the others for long', async () => {
    const hosts = `host=127.0.0.1,127.0.0.1 port=${lab.silent.port},${lab.primary.port} connect_timeout=1`;
    const startedMs = performance.now();
    expect(await ask(`${hosts} ${superuser}`)).toMatchObject({ port: String(lab.primary.port) });
    expect(performance.now() - startedMs).toBeLessThan(2_000);
  });

  it('are found by service, URI, environment, address and socket', async () => {
    const { port, directory } = lab.primary;
    writeFileSync(join(lab.home, '.pg_service.conf'), `[lab]\nhost=127.0.0.1\nport=${port}\nuser=trusted\n`);
    const expected = { name: 'trusted', port: String(port) };
    expect(await ask('service=lab dbname=postgres')).toMatchObject(expected);
    expect(await ask(`postgresql://trusted@127.0.0.1:${port}/postgres`)).toMatchObject(expected);
    expect(
      await ask(`postgresql://postgres@${encodeURIComponent(directory)}:${port}/postgres`),
    ).toMatchObject({
      name: 'postgres',
      address: null,
      encrypted: 'f',
    });
    expect(await ask(`port=${port}`)).toMatchObject({ name: 'postgres', dbname: 'postgres', address: null });
    const variables = {
      PGHOST: '127.0.0.1',
      PGPORT: String(port),
      PGUSER: 'trusted',
      PGDATABASE: 'template1',
    };
    expect(await ask('', { variables })).toMatchObject({ ...expected, dbname: 'template1' });
    expect(await ask(`hostaddr=127.0.0.1 port=${port} user=trusted dbname=postgres`)).toMatchObject(expected);
    expect(
      await ask(`host=does-not-exist.invalid hostaddr=127.0.0.1 port=${port} user=trusted dbname=postgres`),
    ).toMatchObject(expected);
  });

  it('speak of names with blanks', async () => {
    await lab.primary.query(`CREATE DATABASE "my db"`);
    expect(await ask(`${on(lab.primary.port)} user=trusted dbname='my db'`)).toMatchObject({
      dbname: 'my db',
    });
  });
});

describe('passwords', () => {
  const passfile = () => join(lab.home, '.pgpass');
  const asSuperuser = () => `${on(lab.primary.port)} user=postgres dbname=postgres`;
  afterEach(() => rmSync(passfile(), { force: true }));

  it.each(['postgres', 'old', 'clear'])('work for role %s, whatever the method', async (user) => {
    const conninfo = `${on(lab.primary.port)} user=${user} dbname=postgres`;
    expect(await ask(`${conninfo} password='${password}'`)).toMatchObject({ name: user });
    expect((await failureOf(ask(`${conninfo} password=wrong`))).sqlState).toBe('28P01');
  });

  it('come from the password file, also for replication connections of another role', async () => {
    writeFileSync(
      passfile(),
      `127.0.0.1:${lab.primary.port}:postgres:postgres:${password}\n*:*:replication:repl:${password}\n`,
      { mode: 0o600 },
    );
    expect(await ask(asSuperuser())).toMatchObject({ name: 'postgres' });
    const options = { replication: true, user: 'repl', sql: 'IDENTIFY_SYSTEM' };
    expect(await ask(`${asSuperuser()} password=x`, options)).toMatchObject({ timeline: '1' });
  });

  it('come from another file or the environment', async () => {
    const file = join(lab.home, 'other file');
    writeFileSync(file, `*:*:*:*:${password}\n`, { mode: 0o600 });
    expect(await ask(`${asSuperuser()} passfile='${file}'`)).toMatchObject({ name: 'postgres' });
    expect(await ask(asSuperuser(), { variables: { PGPASSFILE: file } })).toMatchObject({ name: 'postgres' });
    expect(await ask(asSuperuser(), { variables: { PGPASSWORD: password } })).toMatchObject({
      name: 'postgres',
    });
  });

  it('that are missing are asked for in words that help', async () => {
    const failure = await failureOf(ask(asSuperuser()));
    expect(failure.message).toContain('asks for a password and none was supplied');
    expect(failure.hint).toContain(`"127.0.0.1:${lab.primary.port}:postgres:postgres:…"`);
    expect(failure.hint).toContain(passfile());
  });

  it('in a file that others can read are ignored, and the failure says so', async () => {
    writeFileSync(passfile(), `*:*:*:*:${password}\n`, { mode: 0o644 });
    expect((await failureOf(ask(asSuperuser()))).detail).toContain('has group or world access');
  });

  it('do not help who is refused by pg_hba.conf', async () => {
    const failure = await failureOf(ask(`${on(lab.primary.port)} user=forbidden dbname=postgres`));
    expect(failure.sqlState).toBe('28000');
    expect(failure.hint).toContain('pg_hba.conf');
  });

  it('are not sent where require_auth or channel_binding forbid it', async () => {
    const conninfo = `${on(lab.primary.port)} user=clear dbname=postgres password='${password}'`;
    const failure = await failureOf(ask(`${conninfo} require_auth=scram-sha-256`));
    expect(failure.message).toContain('the server requested "password"');
    expect((await failureOf(ask(`${conninfo} channel_binding=require`))).message).toContain(
      'channel binding',
    );
    const bound = `${on(lab.primary.port)} ${superuser} channel_binding=require`;
    expect(await ask(bound)).toMatchObject({ encrypted: 't' });
    expect((await failureOf(ask(`${bound} sslmode=disable`))).message).toContain('channel binding required');
    const trusted = `${on(lab.primary.port)} user=trusted dbname=postgres`;
    expect((await failureOf(ask(`${trusted} require_auth=scram-sha-256`))).message).toContain('"none"');
  });
});

describe('TLS', () => {
  const named = (host = certifiedHost) =>
    `host=${host} hostaddr=127.0.0.1 port=${lab.primary.port} user=trusted dbname=postgres`;

  it.each([
    ['disable', 'f'],
    ['allow', 'f'],
    ['prefer', 't'],
    ['require', 't'],
  ])('sslmode=%s: encrypted %s', async (sslmode, encrypted) => {
    expect(await ask(`${named()} sslmode=${sslmode}`)).toMatchObject({ encrypted });
  });

  it('is tried or left out when pg_hba.conf asks for it', async () => {
    const as = (user: string) =>
      `${on(lab.primary.port)} user=${user} dbname=postgres password='${password}'`;
    expect(await ask(`${as('tls_only')} sslmode=allow`)).toMatchObject({ encrypted: 't' });
    expect(await ask(`${as('plain_only')} sslmode=prefer`)).toMatchObject({ encrypted: 'f' });
    expect((await failureOf(ask(`${as('tls_only')} sslmode=disable`))).sqlState).toBe('28000');
    expect((await failureOf(ask(`${as('plain_only')} sslmode=require`))).sqlState).toBe('28000');
  });

  it('verifies the authority, and the host where asked to', async () => {
    const root = `sslrootcert=${quoteConninfoValue(lab.authority)}`;
    const strange = `sslrootcert=${quoteConninfoValue(lab.strangeAuthority)}`;
    expect(await ask(`${named()} sslmode=verify-full ${root}`)).toMatchObject({ encrypted: 't' });
    expect(await ask(`${named('127.0.0.1')} sslmode=verify-ca ${root}`)).toMatchObject({ encrypted: 't' });
    for (const host of ['other.repmgr.example', '127.0.0.1']) {
      const failure = await failureOf(ask(`${named(host)} sslmode=verify-full ${root}`));
      expect(failure.message).toContain('does not match certificate');
      expect(failure.hint).toContain('sslrootcert');
    }
    for (const sslmode of ['verify-full', 'verify-ca', 'require']) {
      const failure = await failureOf(ask(`${named()} sslmode=${sslmode} ${strange}`));
      expect(failure.message).toContain('TLS handshake failed');
    }
    // As libpq does: "prefer" means just that.
    expect(await ask(`${named()} sslmode=prefer ${strange}`)).toMatchObject({ encrypted: 'f' });
  });

  it('takes certificates from the home directory', async () => {
    const conninfo = `${on(lab.primary.port)} user=certified dbname=postgres sslmode=verify-ca`;
    await expect(ask(conninfo)).rejects.toThrow(ConfigurationError);
    const file = (name: string) => join(lab.home, '.postgresql', name);
    mkdirSync(join(lab.home, '.postgresql'), { recursive: true });
    writeFileSync(file('root.crt'), readFileSync(lab.authority));
    expect((await failureOf(ask(conninfo))).sqlState).toBe('28000');
    writeFileSync(file('postgresql.crt'), readFileSync(lab.clientCertificate.cert));
    await expect(ask(conninfo)).rejects.toThrow('certificate present, but not private key file');
    writeFileSync(file('postgresql.key'), readFileSync(lab.clientCertificate.key), { mode: 0o644 });
    await expect(ask(conninfo)).rejects.toThrow('has group or world access');
    rmSync(file('postgresql.key'));
    writeFileSync(file('postgresql.key'), readFileSync(lab.clientCertificate.key), { mode: 0o600 });
    expect(await ask(conninfo)).toMatchObject({ name: 'certified', encrypted: 't' });
    rmSync(join(lab.home, '.postgresql'), { recursive: true });
  });
});

describe('ping', () => {
  it('leaves no trace in the log of the server', async () => {
    const before = readFileSync(lab.primary.logFile, 'utf8');
    for (const user of ['postgres', 'trusted', 'old']) {
      await expect(factory().ping(`${on(lab.primary.port)} user=${user} dbname=postgres`)).resolves.toBe(
        'ok',
      );
    }
    // Whatever those sessions had to say, they have said once they are gone.
    await expect
      .poll(async () => (await ask(`${on(lab.primary.port)} ${superuser}`, { sql: countOthers }))?.others)
      .toBe('0');
    expect(readFileSync(lab.primary.logFile, 'utf8')).toBe(before);
  });

  // Sessions that other tests abandoned go on sleeping.
  const countOthers = `SELECT count(*) AS others FROM pg_stat_activity
    WHERE backend_type = 'client backend' AND pid <> pg_backend_pid() AND query NOT LIKE '%pg_sleep%'`;
});
