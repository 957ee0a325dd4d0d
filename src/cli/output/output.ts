/** A stream that text goes to. */
export interface TextSink {
  write(text: string): void;
  readonly isTerminal: boolean;
  /** Width in characters; undefined when it isn't a terminal. */
  readonly columns: number | undefined;
  /** A terminal whose user has not asked for plain text (NO_COLOR). */
  readonly hasColour: boolean;
}

/** Standard output of a command. */
export interface Output {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  readonly hasColour: boolean;
  write(text: string): void;
  /** Writes `text` and a newline. */
  line(text?: string): void;
  /** Writes one JSON document. */
  json(value: unknown): void;
}

export function createOutput(sink: TextSink): Output {
  return {
    isTerminal: sink.isTerminal,
    columns: sink.columns,
    hasColour: sink.hasColour,
    write: (text) => sink.write(text),
    line: (text = '') => sink.write(`${text}\n`),
    json: (value) => sink.write(`${JSON.stringify(value, jsonValue, 2)}\n`),
  };
}

/** Big integers become decimal text: they don't fit JavaScript's numbers. */
function jsonValue(_key: string, value: unknown): unknown {
  return typeof value === 'bigint' ? value.toString() : value;
}
