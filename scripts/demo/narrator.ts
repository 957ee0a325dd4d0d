/** Tells the story on standard output: times since the beginning, headings, indented tables. */
export class Narrator {
  readonly #began = performance.now();
  readonly #isColoured = process.stdout.isTTY === true && process.env['NO_COLOR'] === undefined;

  heading(text: string): void {
    console.log(`\n${this.paint('1', text)}`);
  }

  say(text: string): void {
    const secs = ((performance.now() - this.#began) / 1000).toFixed(1).padStart(5);
    console.log(`${this.paint('2', `${secs} s`)}  ${text}`);
  }

  good(text: string): void {
    this.say(this.paint('32', text));
  }

  bad(text: string): void {
    this.say(this.paint('31', text));
  }

  /** Output of a program, indented below the last sentence. */
  quote(output: string): void {
    const lines = output.trimEnd().split('\n');
    console.log(lines.map((line) => `         ${line}`).join('\n'));
  }

  private paint(code: string, text: string): string {
    return this.#isColoured ? `\u001B[${code}m${text}\u001B[0m` : text;
  }
}

/** 1,234 ms, or seconds from ten of them on. */
export function duration(ms: number): string {
  return ms < 10_000 ? `${Math.round(ms).toLocaleString('en-US')} ms` : `${(ms / 1000).toFixed(1)} s`;
}
