import { describe, expect, test } from 'vitest';
import { nameOf } from '../../../../src/cli/argv/command-table/every-command.ts';
import { resolveCommand } from '../../../../src/cli/argv/resolve-command.ts';

describe('resolveCommand', () => {
  test.each([
    ['primary register', 'primary register'],
    ['MASTER Register', 'primary register'],
    ['master unregister', 'primary unregister'],
    ['STANDBY REGISTER', 'standby register'],
    ['standby status', 'node status'],
    ['primary status', 'node status'],
    ['cluster events', 'cluster event'],
    ['daemon status', 'service status'],
    ['daemon pause', 'service pause'],
    ['daemon unpause', 'service unpause'],
    ['daemon start', 'daemon start'],
  ])('%s is %s', (line, wanted) => {
    const resolution = resolveCommand(line.split(' '));
    expect(resolution.kind === 'command' && nameOf(resolution.spec)).toBe(wanted);
  });

  test('hands over what follows the command', () => {
    expect(resolveCommand(['cluster', 'show', 'more'])).toMatchObject({ arguments: ['more'] });
  });

  test('tells a missing command, a missing action and unknown words apart', () => {
    expect(resolveCommand([]).kind).toBe('nothing');
    expect(resolveCommand(['Standby'])).toEqual({ kind: 'noun', noun: 'standby' });
    expect(resolveCommand(['slave'])).toMatchObject({
      kind: 'unknown',
      problem: 'there is no command "slave"',
    });
    expect(resolveCommand(['cluster', 'burn'])).toMatchObject({
      kind: 'unknown',
      problem: 'there is no command "cluster burn"',
    });
  });
});
