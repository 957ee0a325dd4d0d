/** What a parameter's text in repmgr.conf was understood to mean; `warning` when it was understood leniently. */
export type ParsedValue<Value> =
  | { readonly ok: true; readonly value: Value; readonly warning?: string }
  | { readonly ok: false; readonly problem: string };

export type ValueTypeName =
  | 'integer'
  | 'boolean'
  | 'string'
  | 'path'
  | 'enum'
  | 'delay'
  | 'duration'
  | 'list'
  | 'mapping';

/** Limits as data, for the reference page and the dashboard. Numbers are in `unit`. */
export interface ValueLimits {
  readonly unit?: 's' | 'ms';
  readonly min?: number;
  readonly max?: number;
  readonly maxBytes?: number;
  readonly values?: readonly string[];
}

/** One kind of value in repmgr.conf: how its text is read, and how a value is written. */
export interface ValueType<Value> {
  readonly name: ValueTypeName;
  /** For people: "integer, in seconds, 1 or more". */
  readonly description: string;
  readonly limits: ValueLimits;
  /** Problems and warnings are phrases that follow the parameter's name: `must be 1 or more, not "0"`. */
  parse(text: string): ParsedValue<Value>;
  /** Text that `parse` reads as the same value; lists that accumulate are joined by commas. */
  render(value: Value): string;
  /** Present when repeating the parameter adds to it: joins what was there with what a further line says. */
  readonly accumulate?: (earlier: Value, later: Value) => Value;
  /** Present when `accumulate` is: the values of the lines that together say the same. */
  readonly renderLines?: (value: Value) => readonly string[];
}

export function understood<Value>(value: Value, warning?: string): ParsedValue<Value> {
  return warning === undefined ? { ok: true, value } : { ok: true, value, warning };
}

export function rejected(problem: string): { readonly ok: false; readonly problem: string } {
  return { ok: false, problem };
}
