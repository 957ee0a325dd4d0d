import type { TextSink } from './output/output.ts';

/** The process as `main` sees it. */
export interface ProgramIo {
  readonly stdout: TextSink;
  readonly stderr: TextSink;
  readonly effectiveUserId: number;
  /** Aborts when the user presses Ctrl-C or the process is told to end. */
  readonly signal: AbortSignal;
}
