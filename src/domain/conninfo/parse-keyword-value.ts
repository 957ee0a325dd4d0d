import { conninfoError } from './conninfo-error.ts';
import { storeParameter } from './store-parameter.ts';

/** isspace() of the C locale; libpq knows no other blanks. */
const isBlank = (character: string | undefined): boolean =>
  character !== undefined && ' \t\n\v\f\r'.includes(character);

interface Scanned {
  readonly value: string;
  /** Index of the first character after the value. */
  readonly end: number;
}

/**
 * Parses `keyword = value` pairs as libpq does (PostgreSQL manual, section 32.1.1.1).
 * @throws ConfigurationError with libpq's text.
 */
export function parseKeywordValue(text: string): Map<string, string> {
  const parameters = new Map<string, string>();
  let position = skipBlanks(text, 0);
  while (position < text.length) {
    const start = position;
    while (position < text.length && text[position] !== '=' && !isBlank(text[position])) position++;
    const keyword = text.slice(start, position);
    position = skipBlanks(text, position);
    if (text[position] !== '=') {
      throw conninfoError(`missing "=" after "${keyword}" in connection info string`);
    }
    position = skipBlanks(text, position + 1);
    const scanned = text[position] === "'" ? scanQuoted(text, position + 1) : scanPlain(text, position);
    storeParameter(parameters, keyword, scanned.value);
    position = skipBlanks(text, scanned.end);
  }
  return parameters;
}

function skipBlanks(text: string, from: number): number {
  let position = from;
  while (isBlank(text[position])) position++;
  return position;
}

function scanPlain(text: string, from: number): Scanned {
  let value = '';
  let position = from;
  while (position < text.length && !isBlank(text[position])) {
    if (text[position] === '\\') position++;
    value += text[position] ?? '';
    position++;
  }
  return { value, end: position };
}

function scanQuoted(text: string, from: number): Scanned {
  let value = '';
  for (let position = from; position < text.length; position++) {
    if (text[position] === "'") return { value, end: position + 1 };
    if (text[position] === '\\') position++;
    value += text[position] ?? '';
  }
  throw conninfoError('unterminated quoted string in connection info string');
}
