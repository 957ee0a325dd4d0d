import { guardianWord } from '../daemon/guardian/guardian-messages.ts';

// The guardian is the same program and stays small: each of the two loads its own part only.
if (process.argv[2] === guardianWord)
  void import('./run-guardian.ts').then(({ runGuardian }) => runGuardian());
else void import('./run-daemon.ts').then(({ runDaemon }) => runDaemon());
