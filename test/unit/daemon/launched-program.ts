import { readlinkSync } from 'node:fs';
import { connectToLauncher } from '../../../src/daemon/launched-process.ts';

/** What the tests of launch-daemon start in the background; the first argument says how it behaves. */
const [behaviour, argument] = process.argv.slice(2);
const launcher = connectToLauncher();
if (launcher === undefined) throw new Error('started in the foreground');

const untilKilled = () => setInterval(() => undefined, 1_000);

switch (behaviour) {
  case 'ready': {
    launcher.write('connecting …\0\n');
    launcher.enterDirectoryOf(argument);
    const descriptors = [0, 1, 2].map((fd) => readlinkSync(`/proc/self/fd/${fd}`)).join(' ');
    launcher.write(`${process.pid} ${process.cwd()} ${descriptors}\n`);
    launcher.write(`${'REPMGRD_LAUNCHED' in process.env}\n`);
    launcher.ready();
    launcher.write('not shown');
    console.log('nor this');
    console.error('nor that');
    untilKilled();
    break;
  }
  case 'refuse':
    launcher.write('ERROR: no such node\n');
    process.exitCode = 3;
    break;
  case 'silent':
    process.exitCode = 6;
    break;
  case 'succeed':
    break;
  case 'crash':
    throw new Error('cannot happen');
  default:
    throw new Error(`unknown behaviour ${behaviour}`);
}
