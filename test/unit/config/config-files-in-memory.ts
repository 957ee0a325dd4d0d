import type { ConfigFiles, DirectoryEntry } from '../../../src/config/config-files.ts';
import { ConfigurationError } from '../../../src/domain/errors/repmgr-error.ts';

/** Files by absolute name; one whose content is null exists but can't be read. */
export function configFilesInMemory(
  contents: Readonly<Record<string, string | Uint8Array | null>>,
): ConfigFiles {
  const names = Object.keys(contents);
  return {
    readFile: async (path) => {
      const content = contents[path];
      if (content === undefined) return undefined;
      if (content === null) throw new ConfigurationError(`could not read "${path}": permission denied`);
      return typeof content === 'string' ? new TextEncoder().encode(content) : content;
    },
    listDirectory: async (path) => {
      const inside = names.filter((name) => name.startsWith(`${path}/`));
      if (inside.length === 0) return undefined;
      const entries = new Map<string, DirectoryEntry>();
      for (const name of inside) {
        const [first = '', ...rest] = name.slice(path.length + 1).split('/');
        entries.set(first, { name: first, isDirectory: rest.length > 0 });
      }
      return [...entries.values()];
    },
  };
}
