import type { Clock } from '../../ports/clock.ts';
import type { Output } from './output.ts';

export interface Progress {
  readonly copiedBytes: number;
  /** Null while it is not known. */
  readonly totalBytes: number | null;
}

export interface ProgressLine {
  update(progress: Progress): void;
  /** Ends the line, so that what follows begins on a new one. */
  finish(): void;
}

const redrawIntervalMs = 100;

/**
 * One line on the terminal that is drawn anew as a copy grows; nothing at all where there is no terminal. `what` is
 * its first word.
 */
export function createProgressLine(what: string, out: Output, clock: Clock): ProgressLine {
  const startedMs = clock.monotonicMs();
  let drawnMs = Number.NEGATIVE_INFINITY;
  let width = 0;
  return {
    update(progress) {
      const nowMs = clock.monotonicMs();
      const isComplete = progress.copiedBytes === progress.totalBytes;
      if (!out.isTerminal || (nowMs - drawnMs < redrawIntervalMs && !isComplete)) return;
      const line = `${what}: ${renderProgress(progress, nowMs - startedMs)}`;
      out.write(`\r${line.padEnd(width)}`);
      width = line.length;
      drawnMs = nowMs;
    },
    finish() {
      if (width > 0) out.write('\n');
      width = 0;
    },
  };
}

/** `412 MB / 1.0 GB (41 %), 380 MB/s, 2 s left` */
export function renderProgress({ copiedBytes, totalBytes }: Progress, elapsedMs: number): string {
  const rate = elapsedMs > 0 ? (copiedBytes * 1_000) / elapsedMs : 0;
  const rateText = rate > 0 ? `, ${renderBytes(rate)}/s` : '';
  if (totalBytes === null) return `${renderBytes(copiedBytes)}${rateText}`;
  const percent = Math.min(100, Math.floor((copiedBytes * 100) / totalBytes));
  const left = rate > 0 ? `, ${renderSeconds((totalBytes - copiedBytes) / rate)} left` : '';
  return `${renderBytes(copiedBytes)} / ${renderBytes(totalBytes)} (${percent} %)${rateText}${left}`;
}

/** Three significant digits at most, in powers of 1,024 as PostgreSQL counts: `412 MB`, `1.0 GB`. */
export function renderBytes(bytes: number): string {
  const units = ['bytes', 'kB', 'MB', 'GB', 'TB', 'PB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1_000 && unit < units.length - 1) {
    value /= 1_024;
    unit += 1;
  }
  const digits = unit > 0 && value < 10 ? 1 : 0;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

function renderSeconds(seconds: number): string {
  const whole = Math.max(0, Math.ceil(seconds));
  if (whole < 60) return `${whole} s`;
  if (whole < 3_600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3_600)} h ${Math.floor((whole % 3_600) / 60)} min`;
}
