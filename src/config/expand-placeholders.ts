import type { ClusterEvent } from '../domain/event.ts';

type Replacements = ReadonlyMap<string, string>;

/**
 * `%n` id of the node concerned, `%e` event, `%s` 1 or 0, `%t` timestamp as the database or the daemon wrote it,
 * `%d` details, and what the event's context gives for `%p`, `%c`, `%a` (nothing if it has none).
 * As in repmgr nothing is quoted for the shell, but double quotes in the details are escaped.
 */
export function expandEventNotificationCommand(
  command: string,
  { event, timestamp }: { readonly event: ClusterEvent; readonly timestamp: string },
): string {
  const { context } = event;
  return expand(
    command,
    new Map([
      ['n', String(event.nodeId)],
      ['e', event.event],
      ['s', event.successful ? '1' : '0'],
      ['t', timestamp],
      ['d', escapeDoubleQuotes(event.details ?? '')],
      ['p', context?.nodeId === undefined ? '' : String(context.nodeId)],
      ['c', context?.conninfo ?? ''],
      ['a', context?.nodeName ?? ''],
    ]),
  );
}

/** `%n`: id of the node to follow. */
export function expandFollowCommand(command: string, { nodeId }: { readonly nodeId: number }): string {
  return expand(command, new Map([['n', String(nodeId)]]));
}

export interface FailoverCandidate {
  readonly nodeId: number;
  readonly nodeName: string;
  /** Nodes that the candidate sees. */
  readonly visibleNodes: number;
  /** Nodes with the same upstream, the candidate among them. */
  readonly sharedUpstreamNodes: number;
  /** All registered nodes. */
  readonly totalNodes: number;
}

/** `%n`, `%a` the candidate's id and name, `%v`, `%u`, `%t` the number of visible, sibling and all nodes. */
export function expandFailoverValidationCommand(command: string, candidate: FailoverCandidate): string {
  return expand(
    command,
    new Map([
      ['n', String(candidate.nodeId)],
      ['a', candidate.nodeName],
      ['v', String(candidate.visibleNodes)],
      ['u', String(candidate.sharedUpstreamNodes)],
      ['t', String(candidate.totalNodes)],
    ]),
  );
}

/** `%p`: id of the reporting primary. Unlike elsewhere, the percent sign of an unknown `%x` is dropped. */
export function expandChildNodesDisconnectCommand(
  command: string,
  { nodeId }: { readonly nodeId: number },
): string {
  return expand(command, new Map([['p', String(nodeId)]]), (letter) => letter);
}

function expand(
  command: string,
  replacements: Replacements,
  unknown: (letter: string) => string = (letter) => `%${letter}`,
): string {
  return command.replace(/%([^])/gu, (_, letter: string) => {
    if (letter === '%') return '%';
    return replacements.get(letter) ?? unknown(letter);
  });
}

function escapeDoubleQuotes(text: string): string {
  return text.replace(/(?<!\\)"/g, String.raw`\"`);
}
