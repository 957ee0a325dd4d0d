import type { LoadedSettings } from '../config/loaded-settings.ts';
import type { SlotSetting } from '../decisions/slots/uses-replication-slots.ts';

/** What repmgr.conf says about slots, and whether it says anything. */
export function slotSetting(loaded: LoadedSettings): SlotSetting {
  return {
    configured: loaded.settings.use_replication_slots,
    isSet: loaded.isSet('use_replication_slots'),
  };
}
