import type { Settings } from '../../config/settings.ts';
import type { Orders } from '../../decisions/guardian/orders.ts';
import type { NodeId } from '../../domain/node.ts';

/** Second word of the command line that makes `repmgrd` the guardian of a node. */
export const guardianWord = 'guardian';

/** First thing a daemon says, and again when something of it has changed. */
export interface About {
  readonly kind: 'about';
  readonly pid: number;
  /** Tells the daemon from a later process of the same number. */
  readonly startTicks: string;
  readonly settings: Settings;
  /** Under which names the standbys of the voters stream. */
  readonly standbys: readonly (readonly [name: string, nodeId: NodeId])[];
}

export type ToGuardian =
  | About
  | {
      readonly kind: 'orders';
      readonly orders: Orders | null;
      /** Present where the daemon waits to be told that they have been heard. */
      readonly confirm?: number;
    }
  /** The operator has ended the daemon: PostgreSQL goes on, and so does nobody else. */
  | { readonly kind: 'end' };

export type ToDaemon =
  /** Nothing is under way any more that the guardian began on its own. */
  | { readonly kind: 'welcome'; readonly pid: number }
  /** It serves a daemon of this node that lives. */
  | { readonly kind: 'taken'; readonly pid: number }
  | { readonly kind: 'heard'; readonly confirm: number }
  /** What the guardian got while the daemon stood still; read when it wakes. */
  | { readonly kind: 'guarded'; readonly term: number; readonly fenceAtMs: number };

/** One message a line. */
export function encodeMessage(message: ToGuardian | ToDaemon): string {
  return `${JSON.stringify(message)}\n`;
}

/** Splits what comes over a socket into messages; both ends are of one release and one user. */
export function createMessageReader(onMessage: (message: unknown) => void): (chunk: string) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) onMessage(JSON.parse(line));
  };
}
