import type { Reload, Setting } from '../src/config/setting.ts';

const reloadTexts: Readonly<Record<Reload, string>> = {
  yes: 'takes effect on reload',
  silent: 'takes effect when next used',
  no: 'takes effect on restart of repmgrd',
  registration: 'takes effect with register --force',
  fixed: 'is refused',
};

/** What becomes of a changed value; follows "a change". */
export function describeReload(reload: Reload): string {
  return reloadTexts[reload];
}

/** The default as text; undefined when there is none. */
export function describeDefault({ type, default: value, defaultText }: Setting<unknown>): string | undefined {
  if (defaultText !== undefined) return defaultText;
  const rendered = type.render(value);
  return rendered === '' ? undefined : rendered;
}
