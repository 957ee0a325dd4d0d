import { describe, expect, it } from 'vitest';
import { parseMoment } from '../../../../src/cli/commands/cluster/explain/parse-moment.ts';

/** Local time, whatever the time zone of the tests. */
const now = new Date(2026, 10, 23, 14, 30, 15, 250);
const local = (day: number, hours: number, minutes: number, seconds = 0) =>
  new Date(2026, 10, day, hours, minutes, seconds);

describe('parseMoment', () => {
  it.each<[string, Date]>([
    ['now', now],
    ['14:02', local(23, 14, 2)],
    [' 14:02:11 ', local(23, 14, 2, 11)],
    ['today 9:05', local(23, 9, 5)],
    ['yesterday 14:02', local(22, 14, 2)],
    ['2026-11-22 14:02', local(22, 14, 2)],
    ['2026-11-22T14:02:11', local(22, 14, 2, 11)],
    ['2026-11-22', local(22, 0, 0)],
    ['10 min ago', new Date(now.getTime() - 600_000)],
    ['90s ago', new Date(now.getTime() - 90_000)],
    ['2 hours', new Date(now.getTime() - 7_200_000)],
    ['1.5 h ago', new Date(now.getTime() - 5_400_000)],
    ['1 day ago', new Date(now.getTime() - 86_400_000)],
    ['2026-11-22T14:02:11Z', new Date('2026-11-22T14:02:11Z')],
    ['2026-11-22 14:02:11.204+01', new Date('2026-11-22T14:02:11+01:00')],
    ['2026-11-22 14:02+0530', new Date('2026-11-22T14:02:00+05:30')],
  ])('understands "%s"', (text, moment) => {
    expect(parseMoment(text, now)).toEqual(moment);
  });

  it('takes a time of day that is still to come for that of yesterday', () => {
    expect(parseMoment('23:50', now)).toEqual(local(22, 23, 50));
  });

  it.each([
    '',
    'soon',
    '25:00',
    '12:60',
    '10 parsecs ago',
    '2026-13-01',
    '2026-02-30 10:00',
    '14',
    '2026-11-22 14',
  ])('does not understand "%s"', (text) => {
    expect(parseMoment(text, now)).toBeUndefined();
  });
});
