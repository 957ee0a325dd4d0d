import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import {
  type ConsoleLogOptions,
  openConsoleLog,
} from '../../../../src/observability/logger/open-console-log.ts';

function open(options: Partial<Omit<ConsoleLogOptions, 'stream'>> & { readonly isTTY?: boolean } = {}) {
  const { isTTY = false, ...others } = options;
  const stream = Object.assign(new PassThrough({ encoding: 'utf8' }), { isTTY });
  const log = openConsoleLog({ level: 'INFO', terse: false, environment: {}, ...others, stream });
  return { log, written: () => stream.read() as string | null };
}

describe('the log of the command line', () => {
  it('has a line for the message, the detail and the hint', () => {
    const { log, written } = open();
    log.error('it failed', { detail: 'why', hint: 'do this' });
    expect(written()).toBe('ERROR: it failed\nDETAIL: why\nHINT: do this\n');
  });

  it('is coloured on a terminal, unless its user wants none', () => {
    const coloured = open({ isTTY: true });
    coloured.log.error('it failed');
    expect(coloured.written()).toBe('\u001b[31mERROR:\u001b[39m it failed\n');
    const plain = open({ isTTY: true, environment: { NO_COLOR: '1' } });
    plain.log.error('it failed');
    expect(plain.written()).toBe('ERROR: it failed\n');
  });

  it('leaves out what is below its level, details and hints', () => {
    const { log, written } = open({ level: 'warning', terse: true });
    log.notice('not so important');
    log.warning('careful', { detail: 'why', hint: 'do this' });
    expect(written()).toBe('WARNING: careful\n');
  });

  it('takes an unknown level for INFO', () => {
    const { log, written } = open({ level: 'LOUD' });
    log.debug('nobody cares');
    log.info('news');
    expect(written()).toBe('INFO: news\n');
  });
});
