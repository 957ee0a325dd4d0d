import { describe, expect, it } from 'vitest';
import { withoutPassword } from '../../../../src/domain/conninfo/connection-parameters.ts';
import { describeConninfo, renderConninfo } from '../../../../src/domain/conninfo/render-conninfo.ts';

const parameters = new Map([
  ['user', 'repmgr'],
  ['password', `s'e c`],
  ['host', 'node-1'],
  ['options', ''],
  ['sslpassword', 'x'],
]);

describe('renderConninfo', () => {
  it('quotes what is not entirely letters, digits, underscores and dots', () => {
    expect(renderConninfo(parameters)).toBe(
      String.raw`user=repmgr password='s\'e c' host='node-1' options='' sslpassword=x`,
    );
    expect(renderConninfo(new Map([['host', '127.0.0.1']]))).toBe('host=127.0.0.1');
    expect(renderConninfo(new Map([['host', 'nöde']]))).toBe("host='nöde'");
  });
});

describe('describeConninfo', () => {
  it('shows no secret', () => {
    expect(describeConninfo(parameters)).toBe("user=repmgr host='node-1' options=''");
    expect([...withoutPassword(parameters).keys()]).toEqual(['user', 'host', 'options']);
  });
});
