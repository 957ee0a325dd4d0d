/** A text of the sources, exactly as it stands there once, and what stands there with the fault. */
export interface SourceEdit {
  /** From the root of the tree. */
  readonly file: string;
  readonly text: string;
  readonly replacement: string;
}

/** A rule of the protocol taken out, to show that the simulation would miss it. */
export interface ProtocolFault {
  readonly name: string;
  /** Section of docs/development/failover.md. */
  readonly rule: string;
  /** What a core with this fault does. */
  readonly what: string;
  readonly edits: readonly SourceEdit[];
  /** Runs, from seed 1 on, in which it must be found. */
  readonly maxRuns: number;
}

/** Some five times what the faults take that every test run looks for. */
export const quickRuns = 600;

export const edit = (file: string, text: string, replacement: string): SourceEdit => ({
  file: `src/decisions/${file}`,
  text,
  replacement,
});
