interface OptionText {
  readonly short?: string;
  /** Older names that mean the same. */
  readonly aliases?: readonly string[];
  readonly text: string;
  /** What --help calls the value. */
  readonly placeholder?: string;
  /** Left out of --help: for calls between nodes, or of no effect any more. */
  readonly hidden?: boolean;
  /** May be given with every command without a warning. */
  readonly general?: boolean;
  /** Accepted, without effect. */
  readonly deprecated?: string;
}

export interface FlagOption extends OptionText {
  readonly kind: 'flag';
}

export interface TextOption<D extends string | undefined = string | undefined> extends OptionText {
  readonly kind: 'text';
  readonly placeholder: string;
  readonly default: D;
}

export interface IntegerOption<D extends number | undefined = number | undefined> extends OptionText {
  readonly kind: 'integer';
  readonly placeholder: string;
  readonly minimum: number;
  readonly default: D;
}

/** `--option` or `--option=text`. */
export interface OptionalTextOption extends OptionText {
  readonly kind: 'optional text';
  readonly placeholder: string;
}

/** `--option` or `--option=number`; its short form takes no value. */
export interface OptionalIntegerOption extends OptionText {
  readonly kind: 'optional integer';
  readonly placeholder: string;
  readonly minimum: number;
}

export type OptionSpec = FlagOption | TextOption | IntegerOption | OptionalTextOption | OptionalIntegerOption;

/** Type of an option's value in {@link ParsedOptions}; `true` = given without a value. */
export type OptionValue<S extends OptionSpec> = S extends FlagOption
  ? boolean
  : S extends TextOption<infer D>
    ? string | D
    : S extends IntegerOption<infer D>
      ? number | D
      : S extends OptionalTextOption
        ? true | string | undefined
        : S extends OptionalIntegerOption
          ? true | number | undefined
          : never;

export function flag(description: string, extras: Omit<OptionText, 'text'> = {}): FlagOption {
  return { kind: 'flag', text: description, ...extras };
}

type ValueExtras = Omit<OptionText, 'text' | 'placeholder'>;

export function text(
  placeholder: string,
  description: string,
  extras: ValueExtras = {},
): TextOption<undefined> {
  return { kind: 'text', placeholder, text: description, default: undefined, ...extras };
}

export function textWithDefault(
  placeholder: string,
  description: string,
  extras: ValueExtras & { default: string },
): TextOption<string> {
  return { kind: 'text', placeholder, text: description, ...extras };
}

export function integer(
  placeholder: string,
  description: string,
  extras: ValueExtras & { minimum: number },
): IntegerOption<undefined> {
  return { kind: 'integer', placeholder, text: description, default: undefined, ...extras };
}

export function integerWithDefault(
  placeholder: string,
  description: string,
  extras: ValueExtras & { minimum: number; default: number },
): IntegerOption<number> {
  return { kind: 'integer', placeholder, text: description, ...extras };
}

export function optionalText(
  placeholder: string,
  description: string,
  extras: ValueExtras = {},
): OptionalTextOption {
  return { kind: 'optional text', placeholder, text: description, ...extras };
}

export function optionalInteger(
  placeholder: string,
  description: string,
  extras: ValueExtras & { minimum: number },
): OptionalIntegerOption {
  return { kind: 'optional integer', placeholder, text: description, ...extras };
}
