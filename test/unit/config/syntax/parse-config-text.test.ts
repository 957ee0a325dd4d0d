import { describe, expect, it } from 'vitest';
import { parseConfigText } from '../../../../src/config/syntax/parse-config-text.ts';

function read(text: string): (readonly [string, string])[] {
  const { entries, problems } = parseConfigText(text);
  expect(problems).toEqual([]);
  return entries.map(({ name, value }) => [name, value]);
}

describe('lines that are understood', () => {
  it.each([
    ['node_id=1', ['node_id', '1']],
    ['node_id 1', ['node_id', '1']],
    ['  node_id\t=\t1  # the first', ['node_id', '1']],
    ['node_id=1#comment', ['node_id', '1']],
    ['node_id=1\r', ['node_id', '1']],
    ['log_level=DEBUG', ['log_level', 'DEBUG']],
    ['Log_Level=DEBUG', ['Log_Level', 'DEBUG']],
    ['größe=ä', ['größe', 'ä']],
    ['barman_host=barman@x', undefined],
    ['barman_host=backup.example.com', ['barman_host', 'backup.example.com']],
    ['barman_host=a.b', ['barman_host', 'a.b']],
    ['x=c:/data-1/y_z', ['x', 'c:/data-1/y_z']],
    ['monitor_interval_secs=60s', ['monitor_interval_secs', '60s']],
    ['node_id=0x10', ['node_id', '0x10']],
    ['node_id=-1', ['node_id', '-1']],
    ['node_id=+1', ['node_id', '+1']],
    ['x=1.5', ['x', '1.5']],
    ['x=-1.5e-3', ['x', '-1.5e-3']],
    ['x=.5', ['x', '.5']],
    ["x=''", ['x', '']],
    ["x='a # b = c'", ['x', 'a # b = c']],
    ["x=' trimmed? no '", ['x', ' trimmed? no ']],
    ["x='it''s'", ['x', "it's"]],
    ["x='it\\'s'", ['x', "it's"]],
    ["x='\\b\\f\\n\\r\\t'", ['x', '\b\f\n\r\t']],
    ["x='\\101\\60\\0601\\q\\\\'", ['x', 'A001q\\']],
    ["x='\\303\\244'", ['x', 'ä']],
    ["x='😀'", ['x', '😀']],
    ["x'y'", ['x', 'y']],
    ['x"y"', undefined],
  ])('%s', (line, expected) => {
    if (expected === undefined) expect(parseConfigText(line).problems).toHaveLength(1);
    else expect(read(line)).toEqual([expected]);
  });

  it('numbers the lines from 1 and leaves out empty ones and comments', () => {
    const { entries } = parseConfigText('# a\n\n  \nnode_id=1\n#b\nnode_name=n\n');
    expect(entries.map(({ name, line }) => [name, line])).toEqual([
      ['node_id', 4],
      ['node_name', 6],
    ]);
  });

  it('tells quoted values from plain ones', () => {
    const { entries } = parseConfigText("a=b\na='b'");
    expect(entries.map(({ quoted }) => quoted)).toEqual([false, true]);
  });
});

describe('lines that are not', () => {
  it.each([
    ['node_name="n"', 'syntax error near ""n""; values are put in single quotes'],
    [
      'data_directory=/data',
      'syntax error near "/data"; a value that begins with / must be in single quotes',
    ],
    ["node_name='n", `syntax error near "'n"; the quote is not closed on this line`],
    ['node_name', 'syntax error at the end of the line: "node_name" has no value'],
    ['node_name=', 'syntax error at the end of the line: "node_name" has no value'],
    ['node_name= # n', 'syntax error at the end of the line: "node_name" has no value'],
    ['node_name==n', 'syntax error near "="'],
    ['=n', 'syntax error near "="'],
    ['1=n', 'syntax error near "1"'],
    ["'a'=n", `syntax error near "'a'"`],
    ['node-name=n', 'syntax error near "node-name"'],
    ['a.b=n', 'syntax error near "a.b"'],
    [
      'promote_command=repmgr standby',
      'syntax error near "standby"; a value with blanks must be in single quotes',
    ],
    ["x='a' 'b'", `syntax error near "'b'"; a value with blanks must be in single quotes`],
    ["x='\\000'", '"x" has a zero byte in its value'],
    ["x='\\377'", '"x" has bytes that are not UTF-8'],
    ['x=\ufffd', '"x" has bytes that are not UTF-8'],
    [`x=$${'y'.repeat(60)}`, `syntax error near "$${'y'.repeat(39)}…"`],
  ])('%s', (line, problem) => {
    expect(parseConfigText(line)).toEqual({ entries: [], problems: [{ line: 1, text: problem }] });
  });

  it('do not hide the others', () => {
    const { entries, problems } = parseConfigText("a=b\n$\nc=d\n'\n");
    expect(entries.map(({ line }) => line)).toEqual([1, 3]);
    expect(problems.map(({ line }) => line)).toEqual([2, 4]);
  });

  it('stop the reading after a hundred of them', () => {
    const { problems } = parseConfigText('$\n'.repeat(500));
    expect(problems).toHaveLength(102);
    expect(problems.at(-1)).toEqual({
      line: 101,
      text: 'too many syntax errors; the rest of the file is not read',
    });
  });

  it('are forgiven in comments, whatever their encoding', () => {
    expect(read('# \ufffd\nnode_id=1')).toEqual([['node_id', '1']]);
  });
});
