import { type ParsedValue, rejected, understood, type ValueLimits, type ValueType } from './value-type.ts';

const INT32_MAX = 2_147_483_647;

export interface IntegerOptions {
  readonly min: number;
  readonly max?: number;
  readonly unit?: 's';
  /** A value below `min` that is the default and means "off" or "not set". */
  readonly off?: number;
}

/**
 * A decimal integer. As repmgr does, what follows the digits is ignored (`60s` is 60, `0x10` is 0) and an
 * empty text is 0; ignoring something is worth a warning, because it is seldom what was meant.
 */
export function integer(options: IntegerOptions): ValueType<number> {
  const { min, max = INT32_MAX, unit } = options;
  const limits: ValueLimits = { min, max, ...(unit === undefined ? {} : { unit }) };
  return {
    name: 'integer',
    description: describe(options),
    limits,
    parse: (text) => parseInteger(text, min, max),
    render: String,
  };
}

function describe({ min, max, unit }: IntegerOptions): string {
  const range = max === undefined ? `${min} or more` : `${min} to ${max}`;
  return `integer, ${unit === 's' ? 'in seconds, ' : ''}${range}`;
}

function parseInteger(text: string, min: number, max: number): ParsedValue<number> {
  const match = /^\s*([+-]?\d+)(.*)$/s.exec(text);
  if (match === null && text !== '') return rejected(`must be an integer, not "${text}"`);
  const value = Number(match?.[1] ?? 0) + 0;
  if (value < min) return rejected(`must be ${min} or more, not "${text}"`);
  if (value > max) return rejected(`must be ${max} or less, not "${text}"`);
  const ignored = (match?.[2] ?? '').trim();
  if (ignored === '') return understood(value);
  return understood(value, `is read as ${value}: "${ignored}" after the digits of "${text}" is ignored`);
}
