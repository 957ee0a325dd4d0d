import { QueryFailed } from '../../domain/errors/repmgr-error.ts';
import { type Lsn, parseLsn } from '../../domain/lsn.ts';
import type { Connection, Row } from '../../ports/connection.ts';

export const sqlState = {
  insufficientPrivilege: '42501',
  duplicateObject: '42710',
  undefinedObject: '42704',
  undefinedFile: '58P01',
  objectInUse: '55006',
  notInPrerequisiteState: '55000',
} as const;

/** True when the server refused a query for this very reason. */
export function isRefusal(error: unknown, state: string): boolean {
  return error instanceof QueryFailed && error.sqlState === state;
}

/** The one row that a query always gives. */
export async function singleRow(
  connection: Connection,
  sql: string,
  params?: readonly (string | number | boolean | null)[],
): Promise<Row> {
  const [row] = await connection.query(sql, params);
  if (row === undefined) {
    throw new QueryFailed(`the server at "${connection.description}" gave no answer to: ${sql}`);
  }
  return row;
}

export function text(row: Row, column: string): string {
  const value = row[column];
  if (value === undefined || value === null) throw new QueryFailed(`column "${column}" has no value`);
  return value;
}

export function textOrNull(row: Row, column: string): string | null {
  return row[column] ?? null;
}

export function boolean(row: Row, column: string): boolean {
  return text(row, column) === 't';
}

export function integer(row: Row, column: string): number {
  return Number.parseInt(text(row, column), 10);
}

export function lsnOrNull(row: Row, column: string): Lsn | null {
  const value = row[column];
  if (value === undefined || value === null) return null;
  const lsn = parseLsn(value);
  if (lsn === undefined) throw new QueryFailed(`column "${column}" holds "${value}", which is no LSN`);
  return lsn;
}

export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/** Also right with standard_conforming_strings off. */
export function quoteLiteral(value: string): string {
  const quoted = `'${value.replaceAll("'", "''")}'`;
  return value.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted;
}
