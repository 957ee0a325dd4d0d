import { describe, expect, it } from 'vitest';
import {
  needsReplicationSlot,
  usesReplicationSlots,
} from '../../../../src/decisions/slots/uses-replication-slots.ts';

const saysYes = { configured: true, isSet: true };
const saysNo = { configured: false, isSet: true };
const saysNothing = { configured: false, isSet: false };

describe('usesReplicationSlots', () => {
  it.each([
    ['yes', saysYes, 120000, true],
    ['yes', saysYes, 150000, true],
    ['no', saysNo, 120000, false],
    ['no', saysNo, 150000, false],
    ['nothing', saysNothing, 120022, false],
    ['nothing', saysNothing, 130000, true],
  ])('the file says %s', (_, setting, versionNum, expected) => {
    expect(usesReplicationSlots(setting, versionNum)).toBe(expected);
  });
});

describe('needsReplicationSlot', () => {
  const withSlot = { type: 'standby', slotName: 'repmgr_slot_2' } as const;
  const withoutSlot = { type: 'standby', slotName: null } as const;
  const formerPrimary = { type: 'primary', slotName: null } as const;

  it.each([
    ['yes', saysYes, withoutSlot, 150000, true],
    ['no', saysNo, withSlot, 150000, false],
    ['no', saysNo, formerPrimary, 150000, false],
    ['nothing', saysNothing, withSlot, 120000, true],
    ['nothing', saysNothing, withoutSlot, 150000, false],
    ['nothing', saysNothing, formerPrimary, 150000, true],
    ['nothing', saysNothing, formerPrimary, 120000, false],
  ])('the file says %s, the record is %j', (_, setting, node, versionNum, expected) => {
    expect(needsReplicationSlot(setting, node, versionNum)).toBe(expected);
  });
});
