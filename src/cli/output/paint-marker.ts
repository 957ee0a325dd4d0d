import { styleText } from 'node:util';

const colours = { '*': 'green', ' ': 'green', '!': 'red', '?': 'yellow', '-': 'red' } as const;

/** Colours a cell by its leading marker, as `cluster show` uses them; others stay as they are. */
export function paintMarker(text: string): string {
  const marker = text[0];
  if (marker === undefined || !(marker in colours) || text.trim() === '') return text;
  return styleText(colours[marker as keyof typeof colours], text);
}
