import type { ValueType } from './value-types/value-type.ts';

/**
 * What a running repmgrd does with a changed value on SIGHUP:
 * `yes` uses and reports it, `silent` uses it the next time it is needed, `no` needs a restart,
 * `registration` takes it from the metadata (`register --force`), `fixed` refuses the reload.
 */
export type Reload = 'yes' | 'silent' | 'no' | 'registration' | 'fixed';

/** Headings of repmgr.conf.sample and of the reference page, in their order. */
export const sections = {
  node: 'Node',
  server: 'Server and programs',
  replication: 'Replication',
  logging: 'Logging',
  events: 'Event notifications',
  clone: 'Cloning',
  promote: 'Promotion, following, switchover, rejoin',
  thresholds: 'Thresholds of node check',
  failover: 'Monitoring and failover (repmgrd)',
  children: 'Downstream nodes (repmgrd)',
  service: 'Service commands',
  lease: 'Lease and fencing (repmgrd)',
  recovery: 'Crashes and failed primaries (repmgrd)',
} as const;

export type SectionName = keyof typeof sections;

/** One parameter of repmgr.conf. */
export interface Setting<Value> {
  readonly type: ValueType<Value>;
  readonly default: Value;
  readonly section: SectionName;
  readonly reload: Reload;
  /** What it does, in one or two sentences, for the sample file and the reference page. */
  readonly text: string;
  /** A file without it is refused. */
  readonly required: boolean;
  /** How the default comes about when it is not simply `default`. */
  readonly defaultText: string | undefined;
  /** Value shown in the sample file where the default says little. */
  readonly example: string | undefined;
  /** False for parameters that repmgr 5.5 does not know. */
  readonly inRepmgr: boolean;
}

export interface SettingDescription<Value> {
  readonly type: ValueType<Value>;
  readonly default: NoInfer<Value>;
  readonly reload: Reload;
  readonly text: string;
  readonly required?: boolean;
  readonly defaultText?: string;
  readonly example?: string;
}

type DescribeSetting = <Value>(description: SettingDescription<Value>) => Setting<Value>;

/** The function that describes the parameters of one section. */
export function settingsOf(section: SectionName, { inRepmgr = true } = {}): DescribeSetting {
  return (description) => ({
    required: false,
    defaultText: undefined,
    example: undefined,
    ...description,
    section,
    inRepmgr,
  });
}
