/** Outcome of one check before a clone. */
export interface CheckResult {
  readonly check: string;
  readonly outcome: 'passed' | 'warning' | 'failed';
  readonly message: string;
  readonly hint?: string;
}

export function passed(check: string, message: string): CheckResult {
  return { check, outcome: 'passed', message };
}

export function warning(check: string, message: string, hint: string): CheckResult {
  return { check, outcome: 'warning', message, hint };
}

export function failed(check: string, message: string, hint?: string): CheckResult {
  return { check, outcome: 'failed', message, ...(hint === undefined ? {} : { hint }) };
}
