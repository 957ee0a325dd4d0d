import { canonicalPath } from './string.ts';
import { type ParsedValue, rejected, understood, type ValueType } from './value-type.ts';

/** Where a tablespace of the source server goes on a clone. */
export interface TablespaceMapping {
  readonly from: string;
  readonly to: string;
}

/** `OLD=NEW`; a backslash keeps an `=` that belongs to a path. A repeated parameter adds a mapping. */
export const tablespaceMappings: ValueType<readonly TablespaceMapping[]> = {
  name: 'mapping',
  description: '`OLD=NEW`; may be repeated',
  limits: {},
  parse: parseMapping,
  render: (value) => value.map(renderMapping).join(','),
  accumulate: (earlier, later) => [...earlier, ...later],
  renderLines: (value) => value.map(renderMapping),
};

function parseMapping(text: string): ParsedValue<readonly TablespaceMapping[]> {
  if (text === '') return understood([]);
  const [from, to, ...more] = splitAtEquals(text);
  if (from === undefined || to === undefined || from === '' || to === '' || more.length > 0) {
    return rejected(`must have the form OLD=NEW (an = inside a path written as \\\\=), not "${text}"`);
  }
  return understood([{ from: canonicalPath(from), to: canonicalPath(to) }]);
}

function splitAtEquals(text: string): string[] {
  return text.split(/(?<!\\)=/).map((side) => side.replaceAll('\\=', '='));
}

function renderMapping({ from, to }: TablespaceMapping): string {
  return [from, to].map((side) => side.replaceAll('=', '\\=')).join('=');
}
