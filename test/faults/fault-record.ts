import { appendFileSync, existsSync, readFileSync } from 'node:fs';

/** What one run of one scenario came to: a line of the raw records. */
export interface FaultRecord {
  readonly scenario: string;
  /** ISO 8601. */
  readonly at: string;
  readonly commit: string;
  readonly postgres: number;
  readonly nodes: number;
  readonly leaseMs: number;
  /** The longest stretch without an acknowledged write, as a client saw it. */
  readonly outageMs: number;
  /** Milliseconds in which two nodes acknowledged writes. */
  readonly doubleWritableMs: number;
  readonly acknowledgedRows: number;
  /** Of these, not there at the end; null when no primary was left to be asked. */
  readonly lostRows: number | null;
  /** 1 when the cluster didn't heal by itself: somebody would have had to come. */
  readonly humanActions: number;
  /** From the end of the fault until all nodes were attached; null if they never were. */
  readonly attachedMs: number | null;
  readonly primaryMoved: boolean;
  /** Whether decisions or events name the cause, and the words they did it in; null if there is none to name. */
  readonly causeNamed: boolean | null;
  readonly cause: string;
  /** Whether "repmgr cluster explain", asked about that moment afterwards, names it; null if there is none. */
  readonly explained: boolean | null;
  /** Empty when everything came as it should. */
  readonly broken: readonly string[];
}

export function appendRecord(file: string, record: FaultRecord): void {
  appendFileSync(file, `${JSON.stringify(record)}\n`);
}

/** No file is no records. */
export function readRecords(file: string): FaultRecord[] {
  if (!existsSync(file)) return [];
  const lines = readFileSync(file, 'utf8').split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line) as FaultRecord);
}
