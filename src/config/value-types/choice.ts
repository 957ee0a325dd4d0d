import { type ParsedValue, rejected, understood, type ValueType } from './value-type.ts';

export interface ChoiceOptions {
  readonly anyCase?: boolean;
  /** An unknown word is only worth a warning; this value is used in its stead. */
  readonly insteadOfUnknown?: string;
}

/** One of a fixed list of words. */
export function choice<const Word extends string>(
  values: readonly Word[],
  options: ChoiceOptions & { readonly insteadOfUnknown?: Word } = {},
): ValueType<Word> {
  const listed = values.map((value) => `"${value}"`).join(', ');
  return {
    name: 'enum',
    description: `one of ${values.map((value) => `\`${value}\``).join(', ')}`,
    limits: { values },
    parse: (text) => parseChoice(text, { values, listed, ...options }),
    render: (value) => value,
  };
}

interface Choices<Word extends string> extends ChoiceOptions {
  readonly values: readonly Word[];
  readonly listed: string;
  readonly insteadOfUnknown?: Word;
}

function parseChoice<Word extends string>(text: string, choices: Choices<Word>): ParsedValue<Word> {
  const fold = (word: string): string => (choices.anyCase === true ? word.toLowerCase() : word);
  const found = choices.values.find((value) => fold(value) === fold(text));
  if (found !== undefined) return understood(found);
  const problem = `must be one of ${choices.listed}, not "${text}"`;
  const instead = choices.insteadOfUnknown;
  return instead === undefined ? rejected(problem) : understood(instead, `${problem}; "${instead}" is used`);
}
