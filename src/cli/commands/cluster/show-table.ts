import { paintMarker } from '../../output/paint-marker.ts';
import { type Column, renderTable } from '../../output/table.ts';
import type { ShownNode } from './shown-node.ts';

interface Layout {
  readonly compact: boolean;
  readonly colour: boolean;
}

const statusColumn = 3;
const upstreamColumn = 4;

/** The table of `cluster show`. */
export function renderClusterTable(shown: readonly ShownNode[], { compact, colour }: Layout): string {
  const titles = ['ID', 'Name', 'Role', 'Status', 'Upstream', 'Location'];
  const columns: Column[] = [...titles, ...(compact ? ['Prio.', 'TLI'] : ['Priority', 'Timeline'])].map(
    (title) => ({ title }),
  );
  if (!compact) columns.push({ title: 'Connection string', end: 'plain' });
  const rows = shown.map((one) => [...leadingCells(one), timelineOf(one)]);
  const complete = compact
    ? rows
    : rows.map((row, index) => [...row, shown[index]?.observed.node.conninfo ?? '']);
  if (!colour) return renderTable(columns, complete);
  return renderTable(columns, complete, ({ text, columnIndex }) => {
    if (columnIndex === statusColumn) return paintMarker(text);
    const isProblem = columnIndex === upstreamColumn && /^[?!]/.test(text);
    return isProblem ? paintMarker(text) : text;
  });
}

function leadingCells({ observed: { node }, status, upstream }: ShownNode): string[] {
  const { nodeId, nodeName, type, location, priority } = node;
  const statusCell = `${status.marker} ${status.text}`;
  return [String(nodeId), nodeName, type, statusCell, upstream.cell, location, String(priority)];
}

function timelineOf({ observed }: ShownNode): string {
  if (observed.access !== 'open') return '';
  if (observed.node.type === 'witness') return 'n/a';
  return observed.timeline === null ? '?' : String(observed.timeline);
}
