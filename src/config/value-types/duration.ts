import { type ParsedValue, rejected, understood, type ValueType } from './value-type.ts';

const unitMs = { ms: 1, s: 1_000, min: 60_000, h: 3_600_000, d: 86_400_000 } as const;

export type DurationUnit = keyof typeof unitMs;

export interface DurationOptions {
  /** What a number without a unit counts. */
  readonly unit: DurationUnit;
  readonly minMs: number;
  readonly maxMs: number;
}

/** An integer with or without a unit (`ms`, `s`, `min`, `h`, `d`); the value is in milliseconds. */
export function duration(options: DurationOptions): ValueType<number> {
  const { unit, minMs, maxMs } = options;
  const range = `${renderDuration(minMs)} to ${renderDuration(maxMs)}`;
  return {
    name: 'duration',
    description: `duration (\`ms\`, \`s\`, \`min\`, \`h\`, \`d\`; without a unit \`${unit}\`), ${range}`,
    limits: { unit: 'ms', min: minMs, max: maxMs },
    parse: (text) => parseDuration(text, options),
    render: renderDuration,
  };
}

function parseDuration(text: string, { unit, minMs, maxMs }: DurationOptions): ParsedValue<number> {
  const match = /^\s*(\d+)\s*(ms|s|min|h|d)?\s*$/.exec(text);
  if (match === null) {
    return rejected(`must be an integer, with or without one of the units ms, s, min, h, d, not "${text}"`);
  }
  const valueMs = Number(match[1]) * unitMs[(match[2] as DurationUnit | undefined) ?? unit];
  if (valueMs < minMs) return rejected(`must be ${renderDuration(minMs)} or more, not "${text}"`);
  if (valueMs > maxMs) return rejected(`must be ${renderDuration(maxMs)} or less, not "${text}"`);
  return understood(valueMs);
}

/** The shortest exact text of a duration: 3000 is `3s`, 250 is `250ms`, 0 is `0s`. */
export function renderDuration(valueMs: number): string {
  const units = ['d', 'h', 'min', 's'] as const;
  const largest = valueMs === 0 ? 's' : units.find((unit) => valueMs % unitMs[unit] === 0);
  return largest === undefined ? `${valueMs}ms` : `${valueMs / unitMs[largest]}${largest}`;
}

/**
 * PostgreSQL's own notation for `recovery_min_apply_delay`, kept as text because it is handed on as it is.
 * The unit must follow at once; empty means not set.
 */
export const delay: ValueType<string> = {
  name: 'delay',
  description: 'integer directly followed by `ms`, `s`, `min`, `h` or `d` (without a unit `ms`), or empty',
  limits: {},
  parse: (text) =>
    /^(\d+(ms|s|min|h|d)?)?$/.test(text)
      ? understood(text)
      : rejected(`must be an integer directly followed by ms, s, min, h, d or nothing, not "${text}"`),
  render: (value) => value,
};
