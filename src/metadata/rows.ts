import { QueryFailed } from '../domain/errors/repmgr-error.ts';
import type { Row } from '../ports/connection.ts';

/** Columns of a row, checked: a column that is missing means that the schema isn't what it should be. */
export function textOrNull(row: Row, column: string): string | null {
  const value = row[column];
  if (value === undefined) {
    throw new QueryFailed(`the server's answer has no column "${column}"`, {
      hint: 'check that schema "repmgr" of this database was made by repmgr 5 or by this program',
    });
  }
  return value;
}

export function text(row: Row, column: string): string {
  const value = textOrNull(row, column);
  if (value === null) throw new QueryFailed(`column "${column}" is unexpectedly NULL`);
  return value;
}

export function integer(row: Row, column: string): number {
  return Number.parseInt(text(row, column), 10);
}

export function boolean(row: Row, column: string): boolean {
  return text(row, column) === 't';
}
