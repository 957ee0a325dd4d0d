import { loadSettings } from '../config/load-settings.ts';
import { main } from '../daemon/main.ts';
import { createDurableJsonFile } from '../host/files/durable-json-file.ts';
import { takeNotifySocket } from '../host/service-manager/systemd-notify.ts';
import { openDaemonLog } from '../observability/logger/open-daemon-log.ts';
import { createPeerServer } from '../peers/peer-server.ts';
import { composeAdapters } from './compose-adapters.ts';
import { workingDirectory } from './working-directory.ts';

/** `repmgrd` itself. */
export function runDaemon(): void {
  // A PostgreSQL started by us must not speak to the service manager in our name.
  takeNotifySocket();
  void main(process.argv.slice(2), {
    isRoot: process.geteuid?.() === 0,
    environment: process.env,
    write: {
      stdout: (text) => void process.stdout.write(text),
      stderr: (text) => void process.stderr.write(text),
    },
    loadSettings: async (request) => loadSettings({ ...request, cwd: workingDirectory() }),
    loadAdapters: composeAdapters,
    openLog: (destination) => openDaemonLog({ ...destination, program: 'repmgrd' }),
    createPeerServer,
    openJsonFile: (path, hint) => createDurableJsonFile({ path, hint }),
  }).then((status) => {
    process.stdout.write('', () => process.exit(status));
  });
}
