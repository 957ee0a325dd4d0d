import type { DecisionRecord } from '../domain/decision-record.ts';
import { messageOf, type Node } from './node.ts';
import { decisionRecord } from './wire/decision-schemas.ts';
import { decode } from './wire/schemas.ts';

const troubleIntervalMs = 600_000;

/**
 * JSON lines, one for each decision; a later line with the same number replaces an earlier one. Grows by appending and
 * is written anew, with the last `length` decisions only, when it has twice as many lines.
 */
export class JournalFile {
  private readonly node: Pick<Node, 'adapters' | 'log'>;
  private readonly path: string;
  private readonly length: number;
  private lines = 0;
  /** Not yet written, at most as many as are kept. */
  private waiting: DecisionRecord[] = [];
  private all: readonly DecisionRecord[] = [];
  /** Something is missing or broken in the file: only writing all of it anew helps. */
  private isIncomplete = false;
  private writing: Promise<void> | undefined;

  constructor(node: Pick<Node, 'adapters' | 'log'>, path: string, length: number) {
    this.node = node;
    this.path = path;
    this.length = length;
  }

  /** The decisions in it, oldest first; lines that cannot be read are left out. */
  async load(): Promise<readonly DecisionRecord[]> {
    try {
      const text = (await this.node.adapters.files.readText(this.path)) ?? '';
      const lines = text.split('\n').filter((line) => line !== '');
      this.lines = lines.length;
      const bySequence = new Map<number, DecisionRecord>();
      for (const line of lines) {
        const record = parseLine(line);
        if (record !== undefined) bySequence.set(record.sequence, record);
      }
      this.isIncomplete = text !== '' && !text.endsWith('\n');
      return [...bySequence.values()].toSorted((a, b) => a.sequence - b.sequence).slice(-this.length);
    } catch (error) {
      this.tellTrouble(error);
      return [];
    }
  }

  /** Returns at once. `all` is what the file shall hold after it. */
  write(record: DecisionRecord, all: readonly DecisionRecord[]): void {
    this.all = all;
    this.waiting = [...this.waiting, record].slice(-this.length);
    this.writing ??= this.drain();
  }

  /** Resolves when nothing waits to be written any more. */
  async settled(): Promise<void> {
    await this.writing;
  }

  private async drain(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting;
      this.waiting = [];
      try {
        await this.writeBatch(batch);
      } catch (error) {
        this.isIncomplete = true;
        this.tellTrouble(error);
      }
    }
    // Here and not when the promise has resolved: what is written meanwhile must begin anew.
    this.writing = undefined;
  }

  private async writeBatch(batch: readonly DecisionRecord[]): Promise<void> {
    const { files } = this.node.adapters;
    if (!this.isIncomplete && this.lines + batch.length <= 2 * this.length) {
      await files.append(this.path, asLines(batch));
      this.lines += batch.length;
      return;
    }
    const { all } = this;
    await files.writeDurably(this.path, asLines(all));
    this.lines = all.length;
    this.isIncomplete = false;
  }

  private tellTrouble(error: unknown): void {
    this.node.log.warning(`the journal of decisions "${this.path}" cannot be kept`, {
      detail: messageOf(error),
      hint: 'check disk and permissions; failover does not depend on it',
      atMostEvery: { id: 'journal-not-kept', intervalMs: troubleIntervalMs },
    });
  }
}

function asLines(records: readonly DecisionRecord[]): string {
  return records.map((record) => `${JSON.stringify(record)}\n`).join('');
}

function parseLine(line: string): DecisionRecord | undefined {
  try {
    return decode(decisionRecord, JSON.parse(line));
  } catch {
    // Half a line, from a disk that was full or a host that lost its power.
    return undefined;
  }
}
