import { parseArgs } from 'node:util';

export interface DemoOptions {
  /** Leave the cluster running at the end. */
  readonly keep: boolean;
  /** Print the measured values as one JSON object on the last line. */
  readonly json: boolean;
}

export const demoHelp = `npm run demo [-- --keep] [-- --json]

Builds a PostgreSQL cluster of three nodes in a temporary folder of this machine, lets a client write to it,
kills the primary twice and shows what happens. Touches nothing outside that folder.

  --keep   leave the cluster running and say how to use and how to stop it
  --json   print the measured values as one JSON object on the last line
`;

/** Undefined when help was asked for. @throws TypeError for an unknown option. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | undefined {
  const { values } = parseArgs({
    args: [...args],
    options: {
      keep: { type: 'boolean', default: false },
      json: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false, short: 'h' },
    },
  });
  return values.help ? undefined : { keep: values.keep, json: values.json };
}
