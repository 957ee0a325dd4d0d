import { beforeEach, describe, expect, it } from 'vitest';
import { createOutput } from '../../../../src/cli/output/output.ts';
import { createProgressLine, renderBytes, renderProgress } from '../../../../src/cli/output/progress-line.ts';
import { FakeClock } from '../../../fakes/fake-host.ts';

const megabyte = 1_048_576;

describe('renderBytes', () => {
  it.each([
    [0, '0 bytes'],
    [999, '999 bytes'],
    [1_000, '1.0 kB'],
    [412 * megabyte, '412 MB'],
    [1_024 * megabyte, '1.0 GB'],
    [9.94 * megabyte, '9.9 MB'],
    [12.4 * megabyte, '12 MB'],
    [3 * 1_024 ** 4, '3.0 TB'],
  ])('%d: %s', (bytes, text) => {
    expect(renderBytes(bytes)).toBe(text);
  });
});

describe('renderProgress', () => {
  it('shows amount, share, rate and time left', () => {
    expect(renderProgress({ copiedBytes: 412 * megabyte, totalBytes: 1_024 * megabyte }, 1_084)).toBe(
      '412 MB / 1.0 GB (40 %), 380 MB/s, 2 s left',
    );
  });

  it('shows neither rate nor time before anything was copied', () => {
    expect(renderProgress({ copiedBytes: 0, totalBytes: megabyte }, 0)).toBe('0 bytes / 1.0 MB (0 %)');
  });

  it('does without a total', () => {
    expect(renderProgress({ copiedBytes: 10 * megabyte, totalBytes: null }, 1_000)).toBe('10 MB, 10 MB/s');
  });

  it('never goes beyond the end', () => {
    const text = renderProgress({ copiedBytes: 2 * megabyte, totalBytes: megabyte }, 1_000);
    expect(text).toContain('(100 %)');
    expect(text).toContain('0 s left');
  });

  it.each([
    [3_000, '50 min 0 s left'],
    [360_000, '100 h 0 min left'],
  ])('shows long times in larger units (%d s)', (seconds, text) => {
    const totalBytes = (seconds + 1) * megabyte;
    expect(renderProgress({ copiedBytes: megabyte, totalBytes }, 1_000)).toContain(text);
  });
});

describe('createProgressLine', () => {
  let written: string;
  let clock: FakeClock;

  beforeEach(() => {
    written = '';
    clock = new FakeClock();
  });

  const line = (isTerminal: boolean) => {
    const sink = {
      write: (text: string) => void (written += text),
      isTerminal,
      columns: 80,
      hasColour: false,
    };
    return createProgressLine('clone', createOutput(sink), clock);
  };

  it('draws one line over and over, and ends it', async () => {
    const progress = line(true);
    await clock.sleep(1_000);
    progress.update({ copiedBytes: 5 * megabyte, totalBytes: 100 * megabyte });
    await clock.sleep(1_000);
    progress.update({ copiedBytes: 100 * megabyte, totalBytes: 100 * megabyte });
    progress.finish();
    progress.finish();
    const first = 'clone: 5.0 MB / 100 MB (5 %), 5.0 MB/s, 19 s left';
    const second = 'clone: 100 MB / 100 MB (100 %), 50 MB/s, 0 s left';
    expect(written).toBe(`\r${first}\r${second.padEnd(first.length)}\n`);
  });

  it('does not draw more often than can be seen, but always the end', async () => {
    const progress = line(true);
    for (let copied = 1; copied <= 100; copied += 1) {
      await clock.sleep(1);
      progress.update({ copiedBytes: copied, totalBytes: 100 });
    }
    expect(written.split('\r')).toHaveLength(3);
    expect(written).toContain('(100 %)');
  });

  it('is silent where there is no terminal', () => {
    const progress = line(false);
    progress.update({ copiedBytes: 5, totalBytes: 10 });
    progress.finish();
    expect(written).toBe('');
  });
});
