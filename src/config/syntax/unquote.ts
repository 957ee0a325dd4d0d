const singleLetterEscapes: Readonly<Record<string, string>> = {
  b: '\b',
  f: '\f',
  n: '\n',
  r: '\r',
  t: '\t',
};

/**
 * The text that a single-quoted token stands for: `''` is a quote, `\b \f \n \r \t` are control characters,
 * one to three octal digits are a byte, and any other escaped character is itself.
 * Octal bytes that together are no UTF-8 become U+FFFD.
 */
export function unquote(token: string): string {
  const escapes = /''|\\([0-7]{1,3})|\\([^])/gu;
  const body = token.slice(1, -1);
  const bytes: number[] = [];
  let plainFrom = 0;
  for (const match of body.matchAll(escapes)) {
    bytes.push(...utf8(body.slice(plainFrom, match.index)), ...bytesOf(match));
    plainFrom = match.index + match[0].length;
  }
  bytes.push(...utf8(body.slice(plainFrom)));
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}

function bytesOf([, octal, escaped]: RegExpMatchArray): readonly number[] {
  if (octal !== undefined) return [Number.parseInt(octal, 8) & 0xff];
  if (escaped === undefined) return utf8("'");
  return utf8(singleLetterEscapes[escaped] ?? escaped);
}

function utf8(text: string): readonly number[] {
  return [...new TextEncoder().encode(text)];
}

/** Writes a text as a single-quoted token that {@link unquote} reads back. */
export function quote(text: string): string {
  const escaped = text.replace(/[\\'\n\r\0]/g, (character) => {
    if (character === "'") return "''";
    if (character === '\n') return '\\n';
    if (character === '\r') return '\\r';
    return character === '\0' ? '\\000' : '\\\\';
  });
  return `'${escaped}'`;
}
