import { type ChildProcess, spawn } from 'node:child_process';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { processesWithin } from '../../lab/processes-within.ts';
import { waitFor } from '../../lab/wait-for.ts';
import type { DemoResult } from '../../scripts/demo/demo-result.ts';

describe('npm run demo', () => {
  let parent: string;

  beforeEach(() => {
    parent = mkdtempSync(join(tmpdir(), 'repmgr-demo-test-'));
    chmodSync(parent, 0o755);
  });

  afterEach(() => {
    rmSync(parent, { recursive: true, force: true });
  });

  function startDemo(args: readonly string[]): ChildProcess & { text: () => string } {
    const child = spawn('bash', ['scripts/demo.sh', ...args], {
      env: { ...process.env, REPMGR_LAB_TMP: parent },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
    child.stderr.setEncoding('utf8').on('data', (part: string) => process.stderr.write(part));
    return Object.assign(child, { text: () => text });
  }

  function ended(child: ChildProcess): Promise<number | null> {
    return new Promise((resolve) => child.once('close', resolve));
  }

  it('plays both acts, loses nothing and leaves nothing', async () => {
    const demo = startDemo(['--json']);
    const status = await ended(demo);
    expect(status, demo.text()).toBe(0);
    const result = JSON.parse(demo.text().trimEnd().split('\n').at(-1) ?? '') as DemoResult;
    expect(result).toMatchObject({
      ok: true,
      doublePrimaryMs: 0,
      crash: { acknowledgedRowsLost: 0, action: expect.stringMatching(/^(restart|failover)$/) as string },
      hostLoss: { acknowledgedRowsLost: 0, leaseMs: 3_000 },
    });
    expect(result.crash.outageMs).toBeLessThan(10_000);
    expect(result.hostLoss.outageMs).toBeLessThan(result.hostLoss.leaseMs + 4_000);
    expect(readdirSync(parent)).toEqual([]);
    expect(processesWithin(parent)).toEqual([]);
  });

  it('cleans up when it is interrupted', async () => {
    const demo = startDemo([]);
    await waitFor(() => demo.text().includes('repmgr primary register'), {
      what: 'the first node',
      timeoutMs: 60_000,
    });
    const end = ended(demo);
    demo.kill('SIGINT');
    expect(await end).not.toBe(0);
    await waitFor(() => readdirSync(parent).length === 0 && processesWithin(parent).length === 0, {
      what: 'everything to be gone',
      timeoutMs: 10_000,
    });
  });
});
