import { type Token, tokenizeLine } from './tokenize-line.ts';
import { unquote } from './unquote.ts';

/** `name = value` as it stands on one line. */
export interface ConfigEntry {
  readonly name: string;
  readonly value: string;
  readonly quoted: boolean;
  readonly line: number;
}

export interface SyntaxProblem {
  readonly line: number;
  readonly text: string;
}

export interface ParsedText {
  readonly entries: readonly ConfigEntry[];
  readonly problems: readonly SyntaxProblem[];
}

/** A file with more errors than this is something else than a configuration file. */
const MOST_SYNTAX_ERRORS = 100;

/** Reads the lines of one file; a line that makes no sense is a problem and does not hide the others. */
export function parseConfigText(text: string): ParsedText {
  const entries: ConfigEntry[] = [];
  const problems: SyntaxProblem[] = [];
  for (const [index, content] of text.split('\n').entries()) {
    const line = index + 1;
    const parsed = parseLine(content);
    if (parsed === undefined) continue;
    if (typeof parsed !== 'string') {
      entries.push({ ...parsed, line });
      continue;
    }
    problems.push({ line, text: parsed });
    if (problems.length > MOST_SYNTAX_ERRORS) {
      problems.push({ line, text: 'too many syntax errors; the rest of the file is not read' });
      break;
    }
  }
  return { entries, problems };
}

/** An entry, the text of a problem, or nothing on an empty line. */
function parseLine(content: string): Omit<ConfigEntry, 'line'> | string | undefined {
  const tokenized = tokenizeLine(content);
  if (!tokenized.ok) return describeUnknownText(tokenized.near);
  const [name, ...rest] = tokenized.tokens;
  if (name === undefined) return undefined;
  if (name.kind !== 'identifier') return syntaxError(name.text);
  const [value, surplus] = rest[0]?.kind === 'equals' ? rest.slice(1) : rest;
  if (value === undefined) return `syntax error at the end of the line: "${name.text}" has no value`;
  if (value.kind === 'equals') return syntaxError(value.text);
  if (surplus !== undefined) return describeSurplus(surplus);
  return entryOf(name, value);
}

function entryOf(name: Token, token: Token): Omit<ConfigEntry, 'line'> | string {
  const quoted = token.kind === 'quoted';
  const value = quoted ? unquote(token.text) : token.text;
  // U+FFFD is what the decoder makes of bytes that are not UTF-8.
  if (`${name.text}${value}`.includes('\ufffd')) return `"${name.text}" has bytes that are not UTF-8`;
  if (value.includes('\0')) return `"${name.text}" has a zero byte in its value`;
  return { name: name.text, value, quoted };
}

function describeSurplus(surplus: Token): string {
  return `${syntaxError(surplus.text)}; a value with blanks must be in single quotes`;
}

function describeUnknownText(near: string): string {
  const error = syntaxError(near);
  if (near.startsWith('"')) return `${error}; values are put in single quotes`;
  if (near.startsWith('/')) return `${error}; a value that begins with / must be in single quotes`;
  if (near.startsWith("'")) return `${error}; the quote is not closed on this line`;
  return error;
}

function syntaxError(near: string): string {
  const excerpt = near.trimEnd();
  return `syntax error near "${excerpt.length > 40 ? `${excerpt.slice(0, 40)}…` : excerpt}"`;
}
