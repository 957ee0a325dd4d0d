import { StringDecoder } from 'node:string_decoder';

const capBytes = 1024 * 1024;
const longestLine = 64 * 1024;

/** Gathers what a program writes: the last mebibyte as text, and each line as it comes. */
export interface OutputCollector {
  add(chunk: Buffer): void;
  /** Hands out an unfinished last line. To be called once, when nothing more will come. */
  finish(): void;
  text(): string;
}

export function createOutputCollector(onLine?: (line: string) => void): OutputCollector {
  const chunks: Buffer[] = [];
  let size = 0;
  const lines = onLine === undefined ? undefined : createLineSplitter(onLine);
  return {
    add(chunk) {
      chunks.push(chunk);
      size += chunk.length;
      while (chunks[0] !== undefined && size - chunks[0].length >= capBytes) {
        size -= chunks[0].length;
        chunks.shift();
      }
      lines?.add(chunk);
    },
    finish: () => lines?.finish(),
    text: () => Buffer.concat(chunks).subarray(-capBytes).toString('utf8'),
  };
}

/** `\n`, `\r\n` and a lone `\r` end a line: progress output overwrites itself with the latter. */
function createLineSplitter(onLine: (line: string) => void): { add(chunk: Buffer): void; finish(): void } {
  const decoder = new StringDecoder('utf8');
  let rest = '';
  let endedWithReturn = false;
  const consume = (text: string): void => {
    let pending = rest + (endedWithReturn && text.startsWith('\n') ? text.slice(1) : text);
    if (text !== '') endedWithReturn = text.endsWith('\r');
    for (let end = pending.search(/[\r\n]/); end !== -1; end = pending.search(/[\r\n]/)) {
      onLine(pending.slice(0, end));
      pending = pending.slice(pending.startsWith('\r\n', end) ? end + 2 : end + 1);
    }
    if (pending.length > longestLine) {
      onLine(pending);
      pending = '';
    }
    rest = pending;
  };
  return {
    add: (chunk) => consume(decoder.write(chunk)),
    finish() {
      consume(decoder.end());
      if (rest !== '') onLine(rest);
      rest = '';
    },
  };
}
