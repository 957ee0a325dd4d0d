import type { ChildProcess } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { OperationFailed } from '../src/domain/errors/repmgr-error.ts';
import { LabHost, type ProgramResult } from './lab-host.ts';
import { findPostgresBinaries } from './postgres-binaries.ts';
import { PostgresInstance, type PostgresInstanceOptions } from './postgres-instance.ts';
import { isAlive, signalProcess } from './processes-within.ts';
import { waitFor } from './wait-for.ts';

export interface ClusterNodeOptions {
  readonly id: number;
  readonly name: string;
  readonly folder: string;
  readonly address: string;
  /** What connection strings call it: its address, or a name for that. */
  readonly hostName: string;
  readonly networkNamespace?: string;
  readonly port: number;
  readonly apiPort: number;
  /** Folder of the programs `repmgr` and `repmgrd`. */
  readonly programs: string;
  /** Further lines of repmgr.conf. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A machine of the cluster: PostgreSQL, repmgr.conf and the daemon. */
export class ClusterNode {
  readonly id: number;
  readonly name: string;
  readonly machine: LabHost;
  readonly configFile: string;
  readonly daemonLog: string;
  readonly conninfo: string;
  readonly port: number;
  readonly apiPort: number;
  readonly #programs: string;
  #postgres: PostgresInstance | undefined;
  #daemon: ChildProcess | undefined;

  constructor(options: ClusterNodeOptions) {
    this.id = options.id;
    this.name = options.name;
    this.port = options.port;
    this.apiPort = options.apiPort;
    this.#programs = options.programs;
    this.machine = new LabHost(options);
    this.configFile = join(options.folder, 'repmgr.conf');
    this.daemonLog = join(options.folder, 'repmgrd.log');
    this.conninfo = `host=${options.hostName} port=${options.port} user=repmgr dbname=repmgr connect_timeout=2`;
    this.writeConfiguration(options);
  }

  /** @throws OperationFailed before the data directory was created or cloned. */
  get postgres(): PostgresInstance {
    if (this.#postgres === undefined) throw new OperationFailed(`${this.name} has no data directory yet`);
    return this.#postgres;
  }

  async createDatabase(options: Pick<PostgresInstanceOptions, 'settings' | 'walSegmentMb'>): Promise<void> {
    this.#postgres = await PostgresInstance.create({ ...this.instanceOptions(), ...options });
  }

  /** Takes the data directory that `standby clone` is to fill, or has filled. */
  adoptDatabase(): void {
    this.#postgres = PostgresInstance.adopt(this.instanceOptions());
  }

  /** Runs `repmgr -f repmgr.conf …` on this machine. */
  repmgr(args: readonly string[], options: { timeoutMs?: number } = {}): Promise<ProgramResult> {
    return this.machine.run(join(this.#programs, 'repmgr'), ['-f', this.configFile, ...args], options);
  }

  /** @throws LocalCommandFailed with the output unless it succeeds. */
  mustRepmgr(args: readonly string[], options: { timeoutMs?: number } = {}): Promise<string> {
    return this.machine.mustRun(join(this.#programs, 'repmgr'), ['-f', this.configFile, ...args], options);
  }

  startDaemon(): void {
    if (this.isDaemonRunning()) return;
    const args = ['-f', this.configFile, '--daemonize=false'];
    // What it says before its log is open.
    const logFile = `${this.daemonLog}.out`;
    this.#daemon = this.machine.start(join(this.#programs, 'repmgrd'), args, { logFile });
  }

  get daemonPid(): number | undefined {
    return this.#daemon?.pid;
  }

  isDaemonRunning(): boolean {
    const pid = this.daemonPid;
    return pid !== undefined && isAlive(pid);
  }

  /** A signal to the daemon alone. */
  signalDaemon(signal: NodeJS.Signals): void {
    const pid = this.daemonPid;
    if (pid === undefined || !signalProcess(pid, signal)) {
      throw new OperationFailed(`${this.name}: no repmgrd to send ${signal} to:\n${this.daemonLogTail()}`);
    }
  }

  async killDaemon(): Promise<void> {
    this.signalDaemon('SIGKILL');
    await this.waitForDaemonToEnd();
  }

  async stopDaemon(): Promise<void> {
    this.signalDaemon('SIGTERM');
    await this.waitForDaemonToEnd();
  }

  /** The machine loses power: daemon, its helpers and PostgreSQL die in the same instant. */
  async killHost(): Promise<void> {
    await this.machine.kill();
  }

  /** The machine starts again: its daemon, and PostgreSQL where nothing else starts it. */
  async restartHost(options: { postgres: boolean } = { postgres: false }): Promise<void> {
    if (options.postgres) await this.postgres.start();
    this.startDaemon();
  }

  /** Freezes (SIGSTOP) or thaws (SIGCONT) every process of the machine. */
  freeze(): void {
    this.machine.signalAll('SIGSTOP');
  }

  thaw(): void {
    this.machine.signalAll('SIGCONT');
  }

  /** How long the daemon's log is, to read on from there later. */
  daemonLogBytes(): number {
    return existsSync(this.daemonLog) ? statSync(this.daemonLog).size : 0;
  }

  /** Decisions that the daemon logged since `bytes`, with the rule they follow at their end. */
  daemonDecisionsSince(bytes: number): string[] {
    if (!existsSync(this.daemonLog)) return [];
    const text = readFileSync(this.daemonLog).subarray(bytes).toString('utf8');
    return [...text.matchAll(/^\[[^\]]+\] \[NOTICE\] (.*\[§[\d.]+\])$/gm)].map((match) => match[1] ?? '');
  }

  daemonLogTail(lines = 30): string {
    if (!existsSync(this.daemonLog)) return `(no log ${this.daemonLog})`;
    return readFileSync(this.daemonLog, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  private async waitForDaemonToEnd(): Promise<void> {
    await waitFor(() => !this.isDaemonRunning(), {
      what: `repmgrd of ${this.name} to end`,
      timeoutMs: 10_000,
    });
  }

  private instanceOptions() {
    const { folder, address } = this.machine;
    return { directory: folder, host: address, port: this.port, machine: this.machine };
  }

  private writeConfiguration(options: ClusterNodeOptions): void {
    const settings = {
      node_id: String(options.id),
      node_name: options.name,
      conninfo: this.conninfo,
      data_directory: join(options.folder, 'data'),
      pg_bindir: findPostgresBinaries().bindir,
      api_address: options.hostName,
      api_port: String(options.apiPort),
      use_replication_slots: 'yes',
      failover: 'automatic',
      log_level: 'INFO',
      log_file: this.daemonLog,
      repmgrd_pid_file: join(options.folder, 'repmgrd.pid'),
      ...options.settings,
    };
    const lines = Object.entries(settings)
      .filter(([, value]) => value !== '')
      .map(([name, value]) => `${name}='${value.replaceAll("'", "''")}'\n`);
    writeFileSync(this.configFile, lines.join(''));
    this.machine.giveToUser(this.configFile);
  }
}
