import { conninfoError } from './conninfo-error.ts';

const token = /%([0-9A-Fa-f]{2})?/g;

/**
 * Decodes the percent-encoding of a part of a connection URI; the bytes must be UTF-8.
 * @throws ConfigurationError with libpq's text.
 */
export function decodePercent(text: string): string {
  if (!text.includes('%')) return text;
  const bytes: number[] = [];
  const encoder = new TextEncoder();
  let copied = 0;
  for (const match of text.matchAll(token)) {
    const digits = match[1];
    if (digits === undefined) throw conninfoError(`invalid percent-encoded token: "${text}"`);
    if (digits === '00') throw conninfoError(`forbidden value %00 in percent-encoded value: "${text}"`);
    bytes.push(...encoder.encode(text.slice(copied, match.index)), Number.parseInt(digits, 16));
    copied = match.index + match[0].length;
  }
  bytes.push(...encoder.encode(text.slice(copied)));
  return new TextDecoder('utf-8', { ignoreBOM: true }).decode(Uint8Array.from(bytes));
}
