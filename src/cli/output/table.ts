export interface Column {
  readonly title: string;
  /** `plain`: the last cell of a row is neither padded nor followed by a blank. Only for the last column. */
  readonly end?: 'plain';
}

/** Gives a padded cell its colour; it must not change its visible width. */
export type PaintCell = (cell: {
  readonly text: string;
  readonly rowIndex: number;
  readonly columnIndex: number;
}) => string;

/**
 * Lays out a table as repmgr and psql do, which scripts cut at ` | `: a leading blank, cells padded to the
 * widest value, a ruler of `-` and `-+-`.
 */
export function renderTable(
  columns: readonly Column[],
  rows: readonly (readonly string[])[],
  paint: PaintCell = ({ text }) => text,
): string {
  const widths = columns.map(({ title }, index) =>
    Math.max(widthOf(title), ...rows.map((row) => widthOf(row[index] ?? ''))),
  );
  const padded = (cells: readonly string[]): string[] =>
    widths.map((width, index) => pad(cells[index] ?? '', width));
  const isPlain = columns.at(-1)?.end === 'plain';
  const body = rows.map((row, rowIndex) => {
    const texts = padded(row);
    if (isPlain) texts[texts.length - 1] = row[texts.length - 1] ?? '';
    const cells = texts.map((text, columnIndex) => paint({ text, rowIndex, columnIndex }));
    return ` ${cells.join(' | ')}${isPlain ? '' : ' '}`;
  });
  const header = ` ${padded(columns.map(({ title }) => title)).join(' | ')}`;
  const ruler = widths.map((width) => '-'.repeat(width + 2)).join('+');
  return `${[header, ruler, ...body].join('\n')}\n`;
}

function widthOf(text: string): number {
  return Array.from(text).length;
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(width - widthOf(text));
}
