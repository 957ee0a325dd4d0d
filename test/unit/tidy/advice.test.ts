import { describe, expect, it } from 'vitest';
import { resolveCommand } from '../../../src/cli/argv/resolve-command.ts';
import { projectFiles } from './project-files.ts';

const invocation = /"repmgr (primary|standby|witness|node|cluster|service|daemon) ([a-z]+)/g;

describe('what messages tell the user to run', () => {
  it('exists', () => {
    const advised = projectFiles()
      .filter(({ path }) => path.startsWith('src/') && !path.startsWith('src/cli/argv/command-table/'))
      .flatMap(({ path, text }) =>
        [...text.matchAll(invocation)].map(([words, noun, verb]) => ({ path, words, noun, verb })),
      );
    expect(advised.length).toBeGreaterThan(30);
    const missing = advised.filter(
      ({ noun, verb }) => resolveCommand([noun ?? '', verb ?? '']).kind !== 'command',
    );
    expect(missing.map(({ path, words }) => `${path}: ${words}`)).toEqual([]);
  });
});
