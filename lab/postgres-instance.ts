import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { OperationFailed } from '../src/domain/errors/repmgr-error.ts';
import { LabHost } from './lab-host.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { isAlive, processesWorkingIn, signalProcess } from './processes-within.ts';
import { removeLockFilesOfTheDead } from './remove-lock-files-of-the-dead.ts';
import { waitFor } from './wait-for.ts';

export interface PostgresInstanceOptions {
  /** Folder of this instance alone; the data directory is `data` in it. */
  readonly directory: string;
  /** Address to listen on. */
  readonly host: string;
  readonly port: number;
  /** Added to postgresql.conf; they travel with a clone. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Default trust. With scram-sha-256 the superuser's password is `password`. */
  readonly authentication?: 'trust' | 'scram-sha-256';
  readonly password?: string;
  /** Default true. Otherwise wal_log_hints is on, unless `settings` say something else. */
  readonly dataChecksums?: boolean;
  /** Default 16, as PostgreSQL comes. */
  readonly walSegmentMb?: number;
  /** The machine it runs on; by default an own one for `directory`. */
  readonly machine?: LabHost;
}

export interface QueryOptions {
  readonly database?: string;
  readonly user?: string;
  readonly timeoutMs?: number;
}

export type StopMode = 'smart' | 'fast' | 'immediate';

const superuser = 'postgres';

/** A real PostgreSQL server in a folder of its own. Its superuser is `postgres`. */
export class PostgresInstance {
  readonly directory: string;
  readonly dataDirectory: string;
  readonly logFile: string;
  readonly host: string;
  readonly port: number;
  readonly bindir: string;
  readonly majorVersion: number;
  readonly machine: LabHost;
  readonly #password: string | undefined;

  private constructor(options: PostgresInstanceOptions) {
    const binaries = findPostgresBinaries();
    this.bindir = binaries.bindir;
    this.majorVersion = binaries.majorVersion;
    this.directory = options.directory;
    this.dataDirectory = join(options.directory, 'data');
    this.logFile = join(options.directory, 'postgresql.log');
    this.host = options.host;
    this.port = options.port;
    this.#password = options.authentication === 'scram-sha-256' ? (options.password ?? superuser) : undefined;
    this.machine =
      options.machine ??
      new LabHost({
        name: `${options.host}:${options.port}`,
        folder: options.directory,
        address: options.host,
      });
    this.writeHostConfiguration();
  }

  /** initdb; the server isn't started. */
  static async create(options: PostgresInstanceOptions): Promise<PostgresInstance> {
    const instance = new PostgresInstance(options);
    await instance.initialize(options);
    return instance;
  }

  /**
   * An instance whose data directory comes from elsewhere (a clone) or already exists. Copies made from a
   * lab instance read `host.conf` of the folder they lie in, so address and port are their own.
   */
  static adopt(options: PostgresInstanceOptions): PostgresInstance {
    return new PostgresInstance(options);
  }

  /** pg_basebackup of `upstream` with standby.signal and primary_conninfo; not started. */
  static async cloneOf(
    upstream: PostgresInstance,
    options: PostgresInstanceOptions & { readonly applicationName?: string },
  ): Promise<PostgresInstance> {
    const instance = new PostgresInstance(options);
    const name = options.applicationName ?? 'standby';
    const source = `${upstream.conninfo('postgres')} application_name=${name}`;
    await instance.program('pg_basebackup', [
      '-D',
      instance.dataDirectory,
      `--dbname=${source}`,
      '--write-recovery-conf',
      '--wal-method=stream',
      '--checkpoint=fast',
      '--no-sync',
    ]);
    return instance;
  }

  /** Starts and waits until it accepts connections (also a standby's read-only ones). */
  async start(timeoutMs = 30_000): Promise<void> {
    if (this.processes().length === 0) removeLockFilesOfTheDead(this.dataDirectory);
    await this.program('pg_ctl', ['start', '-W', '-D', this.dataDirectory, '-l', this.logFile]);
    await this.waitUntilReady(timeoutMs);
  }

  async waitUntilReady(timeoutMs = 30_000): Promise<void> {
    await waitFor(async () => (await this.query('SELECT 1 AS one')).length === 1, {
      what: `PostgreSQL at ${this.host}:${this.port} to accept connections`,
      timeoutMs,
      describe: () => this.logTail(),
    });
  }

  /** Stops and waits until it has stopped; nothing to do when it isn't running. */
  async stop(mode: StopMode = 'fast', timeoutMs = 30_000): Promise<void> {
    if (!this.isRunning()) return;
    const limit = String(Math.ceil(timeoutMs / 1000));
    await this.program('pg_ctl', ['stop', '-D', this.dataDirectory, '-m', mode, '-w', '-t', limit]);
  }

  /** pg_ctl promote without waiting: whatever else may be primary. */
  async promote(): Promise<void> {
    await this.program('pg_ctl', ['promote', '-W', '-D', this.dataDirectory]);
  }

  async reload(): Promise<void> {
    await this.program('pg_ctl', ['reload', '-D', this.dataDirectory]);
  }

  /** First line of postmaster.pid, if that process lives. */
  postmasterPid(): number | undefined {
    const file = join(this.dataDirectory, 'postmaster.pid');
    if (!existsSync(file)) return undefined;
    const pid = Number.parseInt(readFileSync(file, 'utf8').split('\n')[0] ?? '', 10);
    return Number.isInteger(pid) && isAlive(pid) ? pid : undefined;
  }

  isRunning(): boolean {
    return this.postmasterPid() !== undefined;
  }

  /** The postmaster and all its children; found by their working directory. */
  processes(): number[] {
    return processesWorkingIn(this.dataDirectory);
  }

  /** SIGKILL (or another signal) to the postmaster alone; its children notice by themselves. */
  killPostmaster(signal: NodeJS.Signals = 'SIGKILL'): void {
    const pid = this.postmasterPid();
    if (pid === undefined)
      throw new OperationFailed(`${this.machine.name}: no postmaster to send ${signal} to`);
    signalProcess(pid, signal);
  }

  /** A signal to the postmaster and each of its children, at once. */
  signalAll(signal: NodeJS.Signals): void {
    const postmaster = this.postmasterPid();
    if (postmaster !== undefined) signalProcess(postmaster, signal);
    for (const pid of this.processes()) if (pid !== postmaster) signalProcess(pid, signal);
  }

  /** SIGKILL to all processes, until none lives. */
  async kill(): Promise<void> {
    await waitFor(
      () => {
        this.signalAll('SIGKILL');
        return this.processes().length === 0;
      },
      { what: `PostgreSQL in ${this.dataDirectory} to end`, timeoutMs: 10_000, intervalMs: 5 },
    );
  }

  /** Keywords and values as libpq wants them. */
  conninfo(database = 'postgres', user = superuser): string {
    const password = this.#password === undefined ? '' : ` password=${this.#password}`;
    return `host=${this.host} port=${this.port} user=${user} dbname=${database} connect_timeout=2${password}`;
  }

  /** Options for pg's own Client. */
  clientConfig(options: QueryOptions = {}): pg.ClientConfig {
    return {
      host: this.host,
      port: this.port,
      user: options.user ?? superuser,
      database: options.database ?? 'postgres',
      ...(this.#password === undefined ? {} : { password: this.#password }),
      connectionTimeoutMillis: options.timeoutMs ?? 2_000,
      query_timeout: options.timeoutMs ?? 30_000,
    };
  }

  /** One statement on a connection of its own; values converted as pg does. */
  async query<T extends pg.QueryResultRow = pg.QueryResultRow>(
    sql: string,
    values: readonly unknown[] = [],
    options: QueryOptions = {},
  ): Promise<T[]> {
    const client = new pg.Client(this.clientConfig(options));
    client.on('error', () => undefined); // a lost connection also rejects the query, which is enough
    await client.connect();
    try {
      const result = await client.query<T>(sql, [...values]);
      return result.rows;
    } finally {
      await client.end();
    }
  }

  async isInRecovery(): Promise<boolean> {
    const [row] = await this.query<{ recovering: boolean }>('SELECT pg_is_in_recovery() AS recovering');
    return row?.recovering === true;
  }

  /** Appends to this host's own settings, which no clone takes along; reload or restart to apply. */
  setHostSetting(name: string, value: string): void {
    appendFileSync(join(this.directory, 'host.conf'), `${name} = ${quoted(value)}\n`);
  }

  logTail(lines = 15): string {
    if (!existsSync(this.logFile)) return `(no log ${this.logFile})`;
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Runs one of PostgreSQL's programs on this machine. */
  async program(name: string, args: readonly string[], timeoutMs = 60_000): Promise<string> {
    return this.machine.mustRun(join(this.bindir, name), args, {
      timeoutMs,
      ...(this.#password === undefined ? {} : { env: { PGPASSWORD: this.#password } }),
    });
  }

  private async initialize(options: PostgresInstanceOptions): Promise<void> {
    const checksums = options.dataChecksums ?? true;
    const method = options.authentication ?? 'trust';
    const args = ['-D', this.dataDirectory, '-U', superuser, '-E', 'UTF8', '--locale=C', '--no-sync'];
    args.push(`--auth=${method}`, ...(checksums ? ['--data-checksums'] : []));
    if (options.walSegmentMb !== undefined) args.push(`--wal-segsize=${options.walSegmentMb}`);
    if (this.#password !== undefined) {
      const file = join(this.directory, 'superuser.password');
      writeFileSync(file, `${this.#password}\n`, { mode: 0o600 });
      this.machine.giveToUser(file);
      args.push(`--pwfile=${file}`);
    }
    await this.program('initdb', args);
    // The setting was called wal_keep_segments before 13 (release notes of 13).
    const keep = this.majorVersion >= 13 ? { wal_keep_size: '256MB' } : { wal_keep_segments: '16' };
    const settings = {
      ...usualSettings,
      ...keep,
      wal_log_hints: checksums ? 'off' : 'on',
      ...options.settings,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoted(value)}`);
    // Relative to the file that names it, so that each copy finds the host.conf beside its own data directory.
    lines.push("include_if_exists = '../host.conf'", '');
    appendFileSync(join(this.dataDirectory, 'postgresql.conf'), lines.join('\n'));
    appendFileSync(
      join(this.dataDirectory, 'pg_hba.conf'),
      `host all all 0.0.0.0/0 ${method}\nhost replication all 0.0.0.0/0 ${method}\n`,
    );
  }

  private writeHostConfiguration(): void {
    // sun_path holds 107 bytes; a server without a Unix socket is better than one that doesn't start.
    const socketFolder = this.directory.length < 80 ? this.directory : '';
    const file = join(this.directory, 'host.conf');
    const settings = {
      listen_addresses: this.host,
      port: String(this.port),
      unix_socket_directories: socketFolder,
    };
    const lines = Object.entries(settings).map(([name, value]) => `${name} = ${quoted(value)}\n`);
    writeFileSync(file, lines.join(''));
    this.machine.giveToUser(file);
  }
}

/** Small and quick, and what every cluster needs for replication. */
const usualSettings: Readonly<Record<string, string>> = {
  wal_level: 'replica',
  hot_standby: 'on',
  max_wal_senders: '10',
  max_replication_slots: '10',
  max_connections: '50',
  shared_buffers: '16MB',
  wal_retrieve_retry_interval: '100ms',
  logging_collector: 'off',
  log_line_prefix: '%m [%p] ',
};

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`;
}
