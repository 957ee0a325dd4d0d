import { rejected, understood, type ValueType } from './value-type.ts';

const words: ReadonlyMap<string, boolean> = new Map([
  ['true', true],
  ['on', true],
  ['yes', true],
  ['1', true],
  ['false', false],
  ['off', false],
  ['no', false],
  ['0', false],
]);

/** `true/false`, `on/off`, `yes/no` or `1/0` in any case. */
export const boolean: ValueType<boolean> = {
  name: 'boolean',
  description: 'boolean',
  limits: {},
  parse: (text) => {
    const value = words.get(text.toLowerCase());
    if (value !== undefined) return understood(value);
    return rejected(`must be one of "true", "false", "on", "off", "yes", "no", "1", "0", not "${text}"`);
  },
  render: String,
};
