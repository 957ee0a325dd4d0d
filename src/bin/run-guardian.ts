import { main } from '../daemon/guardian/main.ts';
import { openDaemonLog } from '../observability/logger/open-daemon-log.ts';
import { composeAdapters } from './compose-adapters.ts';

/** `repmgrd guardian …`: loads what a guardian needs and nothing of the daemon. */
export function runGuardian(): void {
  void main(process.argv.slice(3), {
    loadAdapters: composeAdapters,
    openLog: ({ log_level: level, log_facility: facility, log_file: file }) =>
      openDaemonLog({ level, facility, file, program: 'repmgrd' }),
    writeError: (text) => void process.stderr.write(text),
  }).then((status) => process.exit(status));
}
