import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..', '..', '..');
const roots = ['src', 'test', 'lab', 'scripts', 'docs', '.ci'];
const textFile = /\.(ts|mjs|cjs|js|json|md|sh|py|c|sql|conf|sample|yml|yaml|html|css|service)$|^\.ci\/run$/;

export interface ProjectFile {
  /** From the top of the repository, with slashes. */
  readonly path: string;
  readonly text: string;
}

/** Text files that people write: code, tests, scripts, documents, and what lies at the top. */
export function projectFiles(): ProjectFile[] {
  const top = readdirSync(root, { withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'package-lock.json')
    .map((entry) => entry.name);
  return [...top, ...roots.flatMap(filesBelow)]
    .filter((path) => textFile.test(path))
    .map((path) => ({ path, text: readFileSync(join(root, path), 'utf8') }));
}

/** Whether there is such a file or folder in the repository. */
export function isInProject(path: string): boolean {
  return existsSync(join(root, path));
}

/** Every line of the files that matches, as `path:number: line`. */
export function linesMatching(files: readonly ProjectFile[], pattern: RegExp): string[] {
  return files.flatMap(({ path, text }) =>
    text
      .split('\n')
      .map((line, index) => ({ line, place: `${path}:${index + 1}` }))
      .filter(({ line }) => pattern.test(line))
      .map(({ line, place }) => `${place}: ${line.trim()}`),
  );
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    if (entry.isDirectory()) return entry.name === 'node_modules' ? [] : filesBelow(path);
    return entry.isFile() ? [path] : [];
  });
}
