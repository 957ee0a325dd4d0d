import { faultsOfGuardians } from './faults-of-guardians.ts';
import { faultsOfPrimaries } from './faults-of-primaries.ts';
import { faultsOfVoters } from './faults-of-voters.ts';
import type { ProtocolFault } from './protocol-fault.ts';

export const allProtocolFaults: readonly ProtocolFault[] = [
  ...faultsOfVoters,
  ...faultsOfPrimaries,
  ...faultsOfGuardians,
];
