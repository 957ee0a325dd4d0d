import { understood, type ValueType } from './value-type.ts';

/** Names separated by commas, blanks ignored; a repeated parameter adds to the list. */
export const eventList: ValueType<readonly string[]> = {
  name: 'list',
  description: 'names separated by commas; may be repeated',
  limits: {},
  parse: (text) =>
    understood(
      text
        .replace(/\s/g, '')
        .split(',')
        .filter((name) => name !== ''),
    ),
  render: (value) => value.join(','),
  accumulate: (earlier, later) => [...earlier, ...later],
  renderLines: (value) => (value.length === 0 ? [] : [value.join(',')]),
};
