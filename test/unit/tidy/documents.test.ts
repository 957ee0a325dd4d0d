import { posix } from 'node:path';
import { describe, expect, it } from 'vitest';
import { isInProject, projectFiles } from './project-files.ts';

const files = projectFiles();
const documents = files.filter(({ path }) => path.endsWith('.md'));
const code = files.filter(({ path }) => /^(src|test|lab|scripts)\//.test(path));

function textOf(name: string): string | undefined {
  const found = documents.filter(({ path }) => posix.basename(path) === name);
  return found.length === 0 ? undefined : found.map(({ text }) => text).join('\n');
}

describe('documents', () => {
  it('that code refers to are there, with the section', () => {
    const missing = code.flatMap(({ path, text }) =>
      [...text.matchAll(/\b([a-z][a-z-]*\.md)(?: §(\d+))?/g)]
        .filter(([, name = '', section]) => {
          const document = textOf(name);
          return document === undefined || (section !== undefined && !document.includes(`## §${section} `));
        })
        .map(([reference]) => `${path}: ${reference}`),
    );
    expect(missing).toEqual([]);
  });

  it('that other documents lead to are there', () => {
    const dead = documents.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:|#)([^)#\s]+)(?:#[^)]*)?\)/g)]
        .map(([, target = '']) => posix.normalize(posix.join(posix.dirname(path), target)))
        .filter((target) => !isInProject(target))
        .map((target) => `${path}: ${target}`),
    );
    expect(dead).toEqual([]);
  });
});
