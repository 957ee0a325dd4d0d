import { Writable } from 'node:stream';
import { main } from '../../src/cli/main.ts';
import type { TextSink } from '../../src/cli/output/output.ts';
import { loadSettings } from '../../src/config/load-settings.ts';
import type { LoadedSettings } from '../../src/config/loaded-settings.ts';
import { defaultSettings, type Settings } from '../../src/config/settings.ts';
import { openConsoleLog } from '../../src/observability/logger/open-console-log.ts';
import { openDaemonLog } from '../../src/observability/logger/open-daemon-log.ts';
import { conninfoOf, type FakeCluster } from './fake-cluster.ts';

export interface RunOptions {
  /** The node whose repmgr.conf is used; 0: there is none. */
  readonly nodeId: number;
  /** What its repmgr.conf says besides the required parameters. */
  readonly settings?: Partial<Settings>;
  readonly effectiveUserId?: number;
  readonly isTerminal?: boolean;
  readonly signal?: AbortSignal;
  /** A file on disk for `-f`, really read; it takes the place of `nodeId` and `settings`. */
  readonly configFile?: string;
  /** Collects what `--log-to-file` writes. */
  readonly daemonLog?: string[];
}

export interface RunResult {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs `repmgr` from the command line to the exit status, with a {@link FakeCluster} for a world. */
export async function runRepmgr(cluster: FakeCluster, line: string, options: RunOptions): Promise<RunResult> {
  const stdout = captureSink(options.isTerminal ?? false);
  const stderr = captureSink(false);
  const io = {
    stdout,
    stderr,
    effectiveUserId: options.effectiveUserId ?? 1_000,
    signal: options.signal ?? new AbortController().signal,
  };
  const { configFile } = options;
  const argv = line.split(' ').filter((word) => word !== '');
  if (configFile !== undefined) argv.push('-f', configFile);
  const status = await main(argv, io, {
    loadSettings: async (request) =>
      configFile === undefined ? fakeSettings(options) : loadSettings({ ...request, cwd: '/' }),
    loadAdapters: async () => cluster.adapters(),
    openConsoleLog: async (filter) => openConsoleLog({ ...filter, stream: stderr.stream, environment: {} }),
    openDaemonLog: async (log) =>
      openDaemonLog({
        ...log,
        file: '',
        program: 'repmgr',
        stderr: lines(options.daemonLog),
        environment: {},
      }),
  });
  return { status, stdout: stdout.text(), stderr: stderr.text() };
}

function fakeSettings({ nodeId, settings = {} }: RunOptions): LoadedSettings {
  if (nodeId === 0) {
    return { settings: defaultSettings(), isSet: () => false, configFile: undefined, warnings: [] };
  }
  const required = {
    node_id: nodeId,
    node_name: `node${nodeId}`,
    conninfo: conninfoOf(nodeId),
    data_directory: `/data/node${nodeId}`,
    api_port: 5_478 + nodeId,
  };
  const given = { ...required, ...settings };
  return {
    settings: { ...defaultSettings(), ...given },
    isSet: (name) => name in given,
    configFile: `/etc/repmgr/node${nodeId}.conf`,
    warnings: [],
  };
}

function lines(collected: string[] = []): Writable {
  return new Writable({
    decodeStrings: false,
    write: (text: string, _encoding, done) => {
      collected.push(text);
      done();
    },
  });
}

interface CaptureSink extends TextSink {
  /** Another way in, for what takes a stream. */
  readonly stream: Writable;
  text(): string;
}

function captureSink(isTerminal: boolean): CaptureSink {
  const written: string[] = [];
  const stream = lines(written);
  return {
    stream,
    write: (text) => void written.push(text),
    isTerminal,
    columns: isTerminal ? 120 : undefined,
    hasColour: isTerminal,
    text: () => written.join(''),
  };
}
