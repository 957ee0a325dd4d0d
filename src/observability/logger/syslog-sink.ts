import { type ChildProcessByStdio, spawn } from 'node:child_process';
import type { Writable } from 'node:stream';
import { type LogLevel, severityOf } from '../../domain/log-level.ts';
import { CLOSE_LIMIT_MS, type LogSink, MOST_PENDING_BYTES, noteOfLoss, within } from './log-sink.ts';

export interface SyslogOptions {
  /** `LOCAL0` to `LOCAL7` or `USER`. */
  readonly facility: string;
  /** Name under which syslog keeps the lines. */
  readonly tag: string;
  /** Where lines go while there is no connection to syslog. */
  readonly fallback: LogSink;
  /** The program, for tests; util-linux's `logger` when left out. */
  readonly program?: string;
}

type LoggerProcess = ChildProcessByStdio<Writable, null, null>;

/** How long to wait before a `logger` that has ended is started again. */
const RESTART_INTERVAL_MS = 10_000;

/** One that ends sooner than this never had a connection: what it was given goes to the fallback. */
const PROVEN_AFTER_MS = 1_000;

/** Writes to syslog through one long-lived `logger` process, which is started again when it ends. */
export function createSyslogSink(options: SyslogOptions): LogSink {
  return new SyslogSink(options);
}

/** Syslog's number of a facility (RFC 5424, 6.2.1); an unknown one is USER. */
export function facilityCode(facility: string): number {
  const local = /^LOCAL([0-7])$/.exec(facility)?.[1];
  return local === undefined ? 1 : 16 + Number(local);
}

class SyslogSink implements LogSink {
  readonly #options: SyslogOptions;
  #process: LoggerProcess | undefined;
  #startedAtMs = -Infinity;
  #lost = 0;
  /** What the process was given before it had proved itself. */
  #unproven: (readonly [LogLevel, readonly string[]])[] = [];

  constructor(options: SyslogOptions) {
    this.#options = options;
    this.#start();
  }

  write(level: LogLevel, lines: readonly string[]): void {
    if (this.#process === undefined && this.#ageMs() >= RESTART_INTERVAL_MS) this.#start();
    const input = this.#process?.stdin;
    if (input === undefined || !input.writable) {
      this.#options.fallback.write(level, lines);
      return;
    }
    if (input.writableLength > MOST_PENDING_BYTES) {
      this.#lost += lines.length;
      return;
    }
    const all = this.#lost === 0 ? lines : [noteOfLoss(this.#lost), ...lines];
    this.#lost = 0;
    if (this.#ageMs() < PROVEN_AFTER_MS) this.#unproven.push([level, all]);
    else this.#unproven = [];
    const priority = facilityCode(this.#options.facility) * 8 + severityOf(level);
    input.write(all.map((line) => `<${priority}>${line}\n`).join(''));
  }

  async close(): Promise<void> {
    const child = this.#process;
    if (child === undefined) return;
    const ended = new Promise<void>((resolve) => {
      child.once('close', () => resolve());
    });
    child.stdin.end();
    await within(CLOSE_LIMIT_MS, ended);
    child.kill();
  }

  #start(): void {
    this.#startedAtMs = performance.now();
    const { program = 'logger', tag } = this.#options;
    const child = spawn(
      program,
      ['--prio-prefix', '--socket-errors=on', '--tag', tag, `--id=${process.pid}`],
      {
        stdio: ['pipe', 'ignore', 'inherit'],
      },
    );
    this.#process = child;
    let isOver = false;
    const end = (reason: string): void => {
      if (isOver) return;
      isOver = true;
      if (this.#process === child) this.#process = undefined;
      this.#fallBack(reason);
    };
    child.once('error', (error) => end(`could not run ${program}: ${error.message}`));
    child.once('exit', (status, signal) => {
      if (child.stdin.writableEnded && status === 0) isOver = true;
      else end(`${program} ended (${signal ?? `exit status ${status}`})`);
    });
    // A broken pipe is followed by `exit`, which says more.
    child.stdin.on('error', () => child.kill());
  }

  /** Time since the process was last started. */
  #ageMs(): number {
    return performance.now() - this.#startedAtMs;
  }

  #fallBack(reason: string): void {
    const { fallback } = this.#options;
    fallback.write('warning', [`no connection to syslog: ${reason}`]);
    const undelivered = this.#ageMs() < PROVEN_AFTER_MS ? this.#unproven : [];
    this.#unproven = [];
    for (const [level, lines] of undelivered) fallback.write(level, lines);
  }
}
