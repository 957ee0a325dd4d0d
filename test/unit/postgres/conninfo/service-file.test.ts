import { describe, expect, it } from 'vitest';
import { parseServiceFile, readService } from '../../../../src/postgres/conninfo/service-file.ts';

const file = '# comment\n[one]\nhost=node1\nport=5433\n\n[two]\nhost=node2\nhost=node3\n';
const environment = {
  variables: {},
  homeDirectory: '/nonexistent/home',
  osUser: 'me',
  socketDirectory: '/tmp',
  systemDirectory: '/nonexistent/etc',
};

describe('parseServiceFile', () => {
  it('finds a section', () => {
    expect(Object.fromEntries(parseServiceFile(file, 'one', 'f') ?? [])).toEqual({
      host: 'node1',
      port: '5433',
    });
  });

  it('keeps the first of several values', () => {
    expect(parseServiceFile(file, 'two', 'f')?.get('host')).toBe('node2');
  });

  it('returns nothing for an unknown section', () => {
    expect(parseServiceFile(file, 'three', 'f')).toBeUndefined();
  });

  it.each([
    ['[a]\nnonsense\n', 'syntax error in service file "f", line 2'],
    ['[a]\n\nhots=x\n', 'syntax error in service file "f", line 3'],
    ['[a]\nservice=b\n', 'nested service specifications not supported in service file "f", line 2'],
  ])('refuses %j', (text, message) => {
    expect(() => parseServiceFile(text, 'a', 'f')).toThrow(message);
  });

  it('shows no password of a line that it refuses', () => {
    const refused = () => parseServiceFile('[a]\npassword is secret\n', 'a', 'f');
    expect(refused).toThrow(expect.objectContaining({ detail: 'the line is "password…"' }));
  });
});

describe('readService', () => {
  it('asks for nothing when no service is named', async () => {
    await expect(readService(new Map(), environment)).resolves.toEqual(new Map());
  });

  it('refuses an unknown service', async () => {
    await expect(readService(new Map([['service', 'x']]), environment)).rejects.toThrow(
      'definition of service "x" not found',
    );
  });

  it('refuses a service file that is named and missing', async () => {
    const variables = { PGSERVICE: 'x', PGSERVICEFILE: '/nonexistent/file' };
    await expect(readService(new Map(), { ...environment, variables })).rejects.toThrow(
      'service file "/nonexistent/file" not found',
    );
  });
});
