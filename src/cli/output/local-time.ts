const two = (value: number): string => String(value).padStart(2, '0');

/** `14:02:11.204` in the time zone of this process; `14:02:11` without the milliseconds. */
export function timeOfDay(moment: Date, options: { readonly withMs?: boolean } = {}): string {
  const time = `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
  return options.withMs === true ? `${time}.${String(moment.getMilliseconds()).padStart(3, '0')}` : time;
}

/** `2026-11-22`. */
export function dateOf(moment: Date): string {
  return `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
}

/** `2026-11-22 14:02:11 +01:00`. */
export function fullTime(moment: Date): string {
  const offset = -moment.getTimezoneOffset();
  const zone = `${two(Math.floor(Math.abs(offset) / 60))}:${two(Math.abs(offset) % 60)}`;
  return `${dateOf(moment)} ${timeOfDay(moment)} ${offset < 0 ? '-' : '+'}${zone}`;
}
