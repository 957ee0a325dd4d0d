import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { SlotSetting } from '../decisions/slots/uses-replication-slots.ts';

/** What repmgr.conf says about slots, and whether it says anything. */
export function slotSetting({ settings, isSet }: LoadedSettings): SlotSetting {
  return { configured: settings.use_replication_slots, isSet: isSet('use_replication_slots') };
}
