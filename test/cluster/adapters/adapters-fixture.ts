import { join } from 'node:path';
import { freePort } from '../../../lab/free-port.ts';
import { PostgresInstance, type PostgresInstanceOptions } from '../../../lab/postgres-instance.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../../lab/temporary-folder.ts';
import { unprivilegedUser } from '../../../lab/unprivileged-user.ts';
import { createSystemClock } from '../../../src/host/clock.ts';
import { createFileSystem } from '../../../src/host/files/file-system.ts';
import { createProcessTable } from '../../../src/host/process/process-table.ts';
import { createCommandRunner } from '../../../src/host/process/run-process.ts';
import type { LocalServerSettings } from '../../../src/ports/adapters.ts';
import type { CommandRunner, CommandSpec } from '../../../src/ports/command-runner.ts';
import type { LocalServer } from '../../../src/ports/local-server.ts';
import { createLocalServer } from '../../../src/postgres/server/local-server.ts';

/** Servers in a folder that goes away with the test. */
export interface ServersUnderTest {
  readonly folder: TemporaryFolder;
  newServer(name: string, options?: Partial<PostgresInstanceOptions>): Promise<PostgresInstance>;
  newStandby(upstream: PostgresInstance, name: string): Promise<PostgresInstance>;
  remove(): Promise<void>;
}

export function createServersUnderTest(): ServersUnderTest {
  const folder = createTemporaryFolder();
  const host = '127.0.0.1';
  const place = async (name: string) => ({
    directory: join(folder.path, name),
    host,
    port: await freePort(),
  });
  return {
    folder,
    newServer: async (name, options = {}) => {
      const instance = await PostgresInstance.create({ ...(await place(name)), ...options });
      await instance.start();
      return instance;
    },
    newStandby: async (upstream, name) => {
      const options = { ...(await place(name)), applicationName: name };
      const instance = await PostgresInstance.cloneOf(upstream, options);
      await instance.start();
      return instance;
    },
    remove: () => folder.remove(),
  };
}

/** PostgreSQL's programs refuse root; the product itself doesn't run as root either. */
function createUnprivilegedRunner(): CommandRunner {
  const runner = createCommandRunner();
  const { mustSwitch, uid, gid } = unprivilegedUser();
  if (!mustSwitch) return runner;
  const prefix = [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups'];
  return {
    run({ shell, ...spec }: CommandSpec) {
      const words = shell === true ? ['/bin/sh', '-c', spec.command] : [spec.command, ...(spec.args ?? [])];
      return runner.run({ ...spec, command: 'setpriv', args: [...prefix, ...words] });
    },
  };
}

export function localServerOf(
  instance: PostgresInstance,
  settings: Partial<LocalServerSettings> = {},
): LocalServer {
  const processes = createProcessTable();
  return createLocalServer(
    {
      data_directory: instance.dataDirectory,
      config_directory: '',
      pg_bindir: instance.bindir,
      pg_ctl_options: '',
      service_start_command: '',
      service_stop_command: '',
      service_restart_command: '',
      service_reload_command: '',
      service_promote_command: '',
      ...settings,
    },
    {
      runner: createUnprivilegedRunner(),
      clock: createSystemClock(),
      files: createFileSystem(processes),
      processes,
    },
  );
}
