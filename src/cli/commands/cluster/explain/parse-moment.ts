const unitMs: Readonly<Record<string, number>> = {
  s: 1_000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};

const units: readonly (readonly [RegExp, string])[] = [
  [/^s(?:ec(?:ond)?s?)?$/, 's'],
  [/^m(?:in(?:ute)?s?)?$/, 'm'],
  [/^h(?:ours?|rs?)?$/, 'h'],
  [/^d(?:ays?)?$/, 'd'],
];

const timePattern = /^(?:(today|yesterday)\s+)?(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?$/;
const datePattern =
  /^(\d{4})-(\d{2})-(\d{2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?\s*(Z|[+-]\d{2}(?::?\d{2})?)?)?$/i;

/**
 * A moment as people say it: `14:02` (the last time it was that late), `yesterday 14:02`, `10 min ago`, `now`, or a date
 * with a time and perhaps an offset. Without an offset it is meant in the time zone of this process. Undefined when it
 * is none.
 */
export function parseMoment(given: string, now: Date): Date | undefined {
  const text = given.trim().toLowerCase();
  if (text === 'now') return now;
  return parseAge(text, now) ?? parseTimeOfDay(text, now) ?? parseDate(text);
}

function parseAge(text: string, now: Date): Date | undefined {
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]+)(?:\s+ago)?$/.exec(text);
  const unit = units.find(([pattern]) => pattern.test(match?.[2] ?? ''))?.[1];
  if (match === null || unit === undefined) return undefined;
  return new Date(now.getTime() - Number(match[1]) * (unitMs[unit] ?? 0));
}

function parseTimeOfDay(text: string, now: Date): Date | undefined {
  const match = timePattern.exec(text);
  if (match === null) return undefined;
  const [, day, hours, minutes, seconds = '0'] = match;
  if (Number(hours) > 23 || Number(minutes) > 59 || Number(seconds) > 59) return undefined;
  const moment = new Date(now);
  moment.setHours(Number(hours), Number(minutes), Number(seconds), 0);
  const isYesterday = day === 'yesterday' || (day === undefined && moment > now);
  if (isYesterday) moment.setDate(moment.getDate() - 1);
  return moment;
}

function parseDate(text: string): Date | undefined {
  const match = datePattern.exec(text);
  if (match === null) return undefined;
  const [, year, month, day, hours = '00', minutes = '00', seconds = '00', offset] = match;
  const zone = offset === undefined ? '' : asOffset(offset);
  const time = `${hours.padStart(2, '0')}:${minutes}:${seconds}`;
  const moment = new Date(`${year}-${month}-${day}T${time}${zone}`);
  // 30 February would be a day in March.
  const isReal = Number(month) <= 12 && Number(day) <= daysIn(Number(year), Number(month));
  return Number.isNaN(moment.getTime()) || !isReal ? undefined : moment;
}

function daysIn(year: number, month: number): number {
  return new Date(Date.UTC(year, month, 0)).getUTCDate();
}

/** `+01`, `+0100` and `+01:00` mean the same; PostgreSQL prints the first. */
function asOffset(offset: string): string {
  if (offset === 'z') return 'Z';
  const minutes = offset.slice(3).replace(':', '');
  return `${offset.slice(0, 3)}:${minutes === '' ? '00' : minutes}`;
}
