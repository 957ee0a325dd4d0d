import type { TestClusterOptions } from '../../lab/plan-cluster.ts';
import type { TestCluster } from '../../lab/test-cluster.ts';
import type { FaultStage } from './fault-stage.ts';

/** Bounds for a busy machine: a test catches what is broken, docs/reliability.md says what is usual. */
export interface Expectation {
  /** The longest write outage, given the lease of this cluster. */
  readonly outageMs: (leaseMs: number) => number;
  /** What becomes of the node that was primary when the fault struck. */
  readonly primary: 'stays' | 'moves' | 'either';
  /** Most acknowledged rows that may be gone; 0 unless replication is asynchronous and the primary is lost. */
  readonly lostRows: number;
  /** Two nodes may take writes for so long, and why nothing can prevent it; 0 unless given. */
  readonly doubleWritable?: { readonly ms: number; readonly because: string };
  /** From the end of the fault until all nodes are attached; default 90,000. */
  readonly attachedMs?: number;
  /** What an explanation that names the cause says; left out where there is nothing that a daemon could notice. */
  readonly cause?: RegExp;
}

/** One fault, and what is to come of it. */
export interface FaultScenario {
  /** kebab-case; the name that --only takes. */
  readonly name: string;
  /** What happens, in a sentence. */
  readonly what: string;
  /** Who acts upon it. */
  readonly actor: string;
  readonly cluster?: Omit<TestClusterOptions, 'network'>;
  readonly expected: Expectation;
  /** Part of `--short`. */
  readonly isShort?: boolean;
  /** Why it doesn't hold yet. The run says so loudly, and fails once it holds after all. */
  readonly notYet?: string;
  /** Done before the first program runs: hosts and network are there. */
  readonly beforeCreation?: (cluster: TestCluster) => Promise<void>;
  /** Done before the daemons start; the data directories are there and the servers run. */
  readonly prepare?: (cluster: TestCluster) => Promise<void>;
  /** Takes down what `beforeCreation` has put up, whatever happened. */
  readonly afterwards?: (cluster: TestCluster) => void;
  readonly play: (stage: FaultStage) => Promise<void>;
}
