import type { FaultScenario } from './fault-scenario.ts';
import { connectionsExhausted, hbaBroken, passwordRotated } from './scenarios/access-lost.ts';
import { blips } from './scenarios/blips.ts';
import { oldPrimaryByHand, oldPrimaryGuarded, standbyPromotedByHand } from './scenarios/by-hand.ts';
import { daemonKilledInPromotion, daemonKilledInRejoin } from './scenarios/daemon-killed.ts';
import { diskFull } from './scenarios/disk-full.ts';
import { fiftyInARow } from './scenarios/fifty-in-a-row.ts';
import { hangDaemon, hangHost, hangServer } from './scenarios/hang.ts';
import { killBackend } from './scenarios/kill-backend.ts';
import { killHost } from './scenarios/kill-host.ts';
import { killPostmaster } from './scenarios/kill-postmaster.ts';
import { namesGoneHostKilled, namesSlow, namesSlowHostKilled } from './scenarios/names-slow.ts';
import {
  partitionAll,
  partitionIncoming,
  partitionOutgoing,
  partitionPeers,
  partitionPeersSynchronous,
  partitionStandby,
} from './scenarios/partition.ts';
import { cutDaemonPort, cutReplicationPort } from './scenarios/port-cut.ts';
import { powerCut } from './scenarios/power-cut.ts';
import { rewindWalGone } from './scenarios/rewind-wal-gone.ts';
import { twoOfFiveLost, twoOfThreeLost } from './scenarios/several-lost.ts';
import { lostWhileSwitching } from './scenarios/switching-timelines.ts';

/** In the order in which they are run and listed. */
export const allScenarios: readonly FaultScenario[] = [
  killPostmaster,
  killBackend,
  killHost,
  hangServer,
  hangDaemon,
  hangHost,
  partitionAll,
  partitionPeers,
  partitionPeersSynchronous,
  partitionOutgoing,
  partitionIncoming,
  partitionStandby,
  cutReplicationPort,
  cutDaemonPort,
  blips,
  diskFull,
  connectionsExhausted,
  passwordRotated,
  hbaBroken,
  namesSlow,
  namesSlowHostKilled,
  namesGoneHostKilled,
  oldPrimaryByHand,
  oldPrimaryGuarded,
  standbyPromotedByHand,
  rewindWalGone,
  twoOfFiveLost,
  twoOfThreeLost,
  lostWhileSwitching,
  powerCut,
  daemonKilledInPromotion,
  daemonKilledInRejoin,
  fiftyInARow,
];
