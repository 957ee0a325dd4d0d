import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyEntries } from '../../src/config/apply-entries.ts';
import { diffSettings } from '../../src/config/diff-settings.ts';
import { renderConfig } from '../../src/config/render-config.ts';
import {
  defaultSettings,
  type SettingName,
  type Settings,
  settingNamed,
  settingNames,
} from '../../src/config/settings.ts';
import { parseConfigText } from '../../src/config/syntax/parse-config-text.ts';
import { canonicalPath } from '../../src/config/value-types/string.ts';

const shortText = fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !/[\0\ufffd]/.test(text));
const eventName = fc.stringMatching(/^[a-z_]{1,12}$/);
const mappedPath = fc.stringMatching(/^\/[a-z=/ ']{1,12}$/).map(canonicalPath);

/** Values that a parameter can have. */
function valueOf(name: SettingName): fc.Arbitrary<unknown> {
  const { type } = settingNamed(name);
  const { min = 0, max = 1_000, values = [] } = type.limits;
  const byType: Record<typeof type.name, () => fc.Arbitrary<unknown>> = {
    integer: () => fc.integer({ min, max }),
    duration: () => fc.integer({ min, max }),
    boolean: () => fc.boolean(),
    string: () => shortText,
    path: () => shortText.map(canonicalPath),
    enum: () => fc.constantFrom(...values),
    delay: () => fc.constantFrom('', '0', '10ms', '5min', '1d'),
    list: () => fc.array(eventName, { maxLength: 4 }),
    mapping: () => fc.array(fc.record({ from: mappedPath, to: mappedPath }), { maxLength: 3 }),
  };
  return byType[type.name]();
}

const someSettings = fc.record(Object.fromEntries(settingNames.map((name) => [name, valueOf(name)])), {
  requiredKeys: [],
}) as fc.Arbitrary<Partial<Settings>>;

function read(text: string) {
  const { entries, problems } = parseConfigText(text);
  expect(problems).toEqual([]);
  return applyEntries(entries.map((entry) => ({ ...entry, file: 'f' })));
}

describe('settings', () => {
  it('that are written to a file are read back', () => {
    fc.assert(
      fc.property(someSettings, (written) => {
        const { settings, problems, warnings } = read(renderConfig(written));
        expect({ problems, warnings }).toEqual({ problems: [], warnings: [] });
        expect(settings).toEqual({
          ...defaultSettings(),
          ...written,
          repmgrd_standby_startup_timeout:
            written.repmgrd_standby_startup_timeout ?? written.standby_reconnect_timeout ?? 60,
        });
      }),
    );
  });

  it('that changed are exactly those that a diff names', () => {
    // conninfo is compared as text and described by parsing, so it stays what it is here.
    const withConninfo = someSettings.map((some) => ({ ...defaultSettings(), ...some, conninfo: 'host=a' }));
    fc.assert(
      fc.property(withConninfo, withConninfo, (before, after) => {
        const { applied, needRestart, needRegistration, refused } = diffSettings(before, after);
        const named = [...applied, ...needRestart, ...needRegistration, ...refused].map(({ name }) => name);
        const changed = settingNames.filter(
          (name) => JSON.stringify(before[name]) !== JSON.stringify(after[name]),
        );
        expect(named.toSorted()).toEqual(changed.toSorted());
      }),
    );
  });
});

describe('a value', () => {
  it.each(settingNames)('of %s is understood or refused with a reason, never anything else', (name) => {
    const { type } = settingNamed(name);
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 8 }), (text) => {
        const parsed = type.parse(text);
        if (parsed.ok)
          expect(type.parse(type.render(parsed.value))).toEqual({ ok: true, value: parsed.value });
        else expect(parsed.problem).toMatch(/^must /);
      }),
      { numRuns: 50 },
    );
  });
});

describe('integers', () => {
  it('agree with a plain reading of their digits', () => {
    const { type } = settingNamed('priority');
    fc.assert(
      fc.property(
        fc.integer({ min: -5, max: 3_000_000_000 }),
        fc.constantFrom('', 's', '.5', 'x1'),
        (number, tail) => {
          const parsed = type.parse(`${number}${tail}`);
          expect(parsed.ok).toBe(number >= 0 && number <= 2_147_483_647);
          if (parsed.ok) expect([parsed.value, parsed.warning === undefined]).toEqual([number, tail === '']);
        },
      ),
    );
  });
});

describe('canonical paths', () => {
  it('are stable and have no doubled, trailing or idle parts', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom('/', '.', '..', 'a', '//', './'), { maxLength: 10 }), (parts) => {
        const path = canonicalPath(parts.join(''));
        expect(canonicalPath(path)).toBe(path);
        expect(path).not.toMatch(/\/\/|.\/$|(^|\/)\.\//);
      }),
    );
  });
});
