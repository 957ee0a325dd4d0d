import type { DaemonStatus } from '../../../domain/peer-messages.ts';
import { paintMarker } from '../../output/paint-marker.ts';
import { renderTable } from '../../output/table.ts';
import type { ShownNode } from '../cluster/shown-node.ts';

export interface ServiceRow extends ShownNode {
  readonly daemon: {
    /** Null when it did not answer. */
    readonly status: DaemonStatus | null;
    /** Why it did not. */
    readonly reason: string | null;
  };
}

interface Layout {
  readonly compact: boolean;
  readonly detail: boolean;
  readonly colour: boolean;
}

const statusColumn = 3;

/** The table of `service status`. */
export function renderServiceTable(rows: readonly ServiceRow[], layout: Layout): string {
  const { compact, detail, colour } = layout;
  const titles = [
    'ID',
    'Name',
    'Role',
    'Status',
    'Upstream',
    ...(detail ? ['Location', compact ? 'Prio.' : 'Priority'] : []),
    'repmgrd',
    'PID',
    'Paused?',
    compact ? 'Upstr. last' : 'Upstream last seen',
  ];
  const cells = rows.map((row) => [
    ...nodeCells(row),
    ...(detail ? [row.observed.node.location, String(row.observed.node.priority)] : []),
    ...daemonCells(row, compact),
  ]);
  const columns = titles.map((title) => ({ title }));
  if (!colour) return renderTable(columns, cells);
  return renderTable(columns, cells, ({ text, columnIndex }) =>
    columnIndex === statusColumn ? paintMarker(text) : text,
  );
}

function nodeCells({ observed: { node }, status, upstream }: ShownNode): string[] {
  return [String(node.nodeId), node.nodeName, node.type, `${status.marker} ${status.text}`, upstream.cell];
}

function daemonCells({ observed, daemon: { status } }: ServiceRow, compact: boolean): string[] {
  if (status === null) return [observed.access === 'open' ? 'not running' : 'n/a', 'n/a', 'n/a', 'n/a'];
  const seen = status.upstreamLastSeenSecs;
  const lastSeen = seen < 0 ? 'n/a' : `${seen} ${compact ? 'sec(s)' : 'second(s)'} ago`;
  return ['running', String(status.pid), status.paused ? 'yes' : 'no', lastSeen];
}
