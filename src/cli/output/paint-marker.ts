/** ANSI escape codes of the foreground colours (ECMA-48, select graphic rendition). */
const green = 32;
const yellow = 33;
const red = 31;
const colours: ReadonlyMap<string, number> = new Map([
  ['*', green],
  [' ', green],
  ['!', red],
  ['?', yellow],
  ['-', red],
]);

/** Colours a cell by its leading marker, as `cluster show` uses them; others stay as they are. */
export function paintMarker(text: string): string {
  const colour = colours.get(text[0] ?? '');
  if (colour === undefined || text.trim() === '') return text;
  return `\u001b[${colour}m${text}\u001b[39m`;
}
