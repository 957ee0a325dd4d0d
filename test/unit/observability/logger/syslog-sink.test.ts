import { chmod, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createSyslogSink, facilityCode } from '../../../../src/observability/logger/syslog-sink.ts';
import { recordingSink } from './recording-sink.ts';

let folder = '';

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'repmgr-syslog-'));
});

afterEach(() => rm(folder, { recursive: true }));

/** A program in the place of `logger`. */
async function program(script: string): Promise<string> {
  const path = join(folder, 'logger');
  await writeFile(path, `#!/bin/sh\n${script}\n`);
  await chmod(path, 0o755);
  return path;
}

/** What the first client of a socket sends until it hangs up. */
async function receiveFrom(socket: string): Promise<string> {
  const server = createServer();
  const connected = new Promise<Socket>((resolve) => server.once('connection', resolve));
  server.listen(socket);
  let text = '';
  for await (const chunk of await connected) text += String(chunk);
  server.close();
  return text;
}

describe('syslog', () => {
  it('gets lines with facility and severity through one process', async () => {
    const fallback = recordingSink();
    const path = await program(`echo "$@" >> ${folder}/calls; cat > ${folder}/lines`);
    const sink = createSyslogSink({ facility: 'LOCAL3', tag: 'repmgrd', fallback, program: path });
    sink.write('error', ['a', 'b']);
    sink.write('info', ['c']);
    await sink.close();
    expect(await readFile(join(folder, 'lines'), 'utf8')).toBe('<155>a\n<155>b\n<158>c\n');
    expect(await readFile(join(folder, 'calls'), 'utf8')).toBe(
      `--prio-prefix --socket-errors=on --tag repmgrd --id=${process.pid}\n`,
    );
    expect(fallback.written).toEqual([]);
  });

  it('is understood by the logger of this system', async () => {
    const socket = join(folder, 'socket');
    const received = receiveFrom(socket);
    const path = await program(`exec logger --socket ${socket} "$@"`);
    const sink = createSyslogSink({
      facility: 'USER',
      tag: 'repmgrd',
      fallback: recordingSink(),
      program: path,
    });
    sink.write('warning', ['it is late']);
    await sink.close();
    expect(await received).toMatch(/^<12>.*repmgrd\[\d+\]: it is late\0?\n?$/);
  });

  it('that cannot be reached is replaced by the fallback', async () => {
    const fallback = recordingSink();
    const missing = join(folder, 'missing');
    const sink = createSyslogSink({ facility: 'USER', tag: 'repmgrd', fallback, program: missing });
    await vi.waitFor(() => expect(fallback.written).toHaveLength(1));
    expect(fallback.written[0]?.[1][0]).toContain(`no connection to syslog: could not run ${missing}`);
    sink.write('error', ['kept']);
    await sink.close();
    expect(fallback.written.slice(1)).toEqual([['error', ['kept']]]);
  });

  it('is reported when it ends, and what it had just been given is not lost', async () => {
    const fallback = recordingSink();
    const path = await program('exit 3');
    const sink = createSyslogSink({ facility: 'USER', tag: 'repmgrd', fallback, program: path });
    sink.write('error', ['not lost']);
    await vi.waitFor(() => expect(fallback.written).toHaveLength(2));
    expect(fallback.written[1]).toEqual(['error', ['not lost']]);
    expect(fallback.written[0]?.[1][0]).toMatch(/no connection to syslog: .*logger ended \(exit status 3\)/);
  });
});

describe('facilities', () => {
  it.each([
    ['USER', 1],
    ['LOCAL0', 16],
    ['LOCAL7', 23],
  ])('%s is %d', (name, code) => {
    expect(facilityCode(name)).toBe(code);
  });
});
