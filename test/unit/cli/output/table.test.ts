import { describe, expect, test } from 'vitest';
import { renderTable } from '../../../../src/cli/output/table.ts';

describe('renderTable', () => {
  test('pads every cell and ends rows with a blank, but not the header', () => {
    const table = renderTable(
      [{ title: 'ID' }, { title: 'TLI' }],
      [
        ['1', '1'],
        ['200', ''],
      ],
    );
    expect(table).toBe([' ID  | TLI', '-----+-----', ' 1   | 1   ', ' 200 |     ', ''].join('\n'));
  });

  test('leaves the last cell of a row plain where asked to, but pads its header', () => {
    const table = renderTable(
      [{ title: 'OK' }, { title: 'Details', end: 'plain' }],
      [
        ['t', 'a long detail'],
        ['f', ''],
      ],
    );
    expect(table).toBe(
      [' OK | Details      ', '----+---------------', ' t  | a long detail', ' f  | ', ''].join('\n'),
    );
  });

  test('counts characters, not bytes', () => {
    expect(renderTable([{ title: 'Name' }, { title: 'x' }], [['Zürich', '1']])).toContain(' Name   | x\n');
  });

  test('paints cells after padding them', () => {
    const table = renderTable(
      [{ title: 'A' }],
      [['b']],
      ({ text, rowIndex, columnIndex }) => `<${text}${rowIndex}${columnIndex}>`,
    );
    expect(table).toBe(' A\n---\n <b00> \n');
  });
});
