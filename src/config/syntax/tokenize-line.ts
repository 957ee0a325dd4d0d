export type TokenKind = 'identifier' | 'quoted' | 'word' | 'integer' | 'real' | 'equals';

export interface Token {
  readonly kind: TokenKind;
  readonly text: string;
}

/** The tokens of a line, or the text at which it stops making sense. */
export type TokenizedLine =
  | { readonly ok: true; readonly tokens: readonly Token[] }
  | { readonly ok: false; readonly near: string };

/**
 * The token patterns of PostgreSQL's configuration files ("Setting Parameters", File Location of the manual).
 * The longest match wins, and the first of equally long ones.
 */
const patterns: readonly (readonly [TokenKind, RegExp])[] = [
  ['identifier', /[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}]*/uy],
  ['quoted', /'(?:[^'\\\n]|\\[^\n]|'')*'/uy],
  ['word', /[A-Za-z_\u0080-\u{10ffff}][A-Za-z0-9_\u0080-\u{10ffff}._:/-]*/uy],
  ['integer', /[+-]?(?:0x[0-9A-Fa-f]+|[0-9]+)[A-Za-z]*/uy],
  ['real', /[+-]?[0-9]*\.[0-9]*(?:[Ee][+-]?[0-9]+)?/uy],
  ['equals', /=/uy],
];

const blanksAndComment = /[ \t\r]*(?:#[^\n]*)?/uy;

/** Takes one line (without its newline) apart; blanks and comments are left out. */
export function tokenizeLine(line: string): TokenizedLine {
  const tokens: Token[] = [];
  let position = skipBlanks(line, 0);
  while (position < line.length) {
    const token = longestTokenAt(line, position);
    if (token === undefined) return { ok: false, near: line.slice(position) };
    tokens.push(token);
    position = skipBlanks(line, position + token.text.length);
  }
  return { ok: true, tokens };
}

function longestTokenAt(line: string, position: number): Token | undefined {
  let longest: Token | undefined;
  for (const [kind, pattern] of patterns) {
    pattern.lastIndex = position;
    const text = pattern.exec(line)?.[0];
    if (text !== undefined && text.length > (longest?.text.length ?? 0)) longest = { kind, text };
  }
  return longest;
}

function skipBlanks(line: string, position: number): number {
  blanksAndComment.lastIndex = position;
  return position + (blanksAndComment.exec(line)?.[0].length ?? 0);
}
