import type { ConnectionParameters } from './connection-parameters.ts';
import { inLibpqOrder } from './keywords.ts';
import { renderConninfo } from './render-conninfo.ts';

export interface PrimaryConninfoOptions {
  /** Conninfo of the upstream that the node will stream from. */
  readonly target: ConnectionParameters;
  /** Becomes `application_name`. */
  readonly nodeName: string;
  /** Replication user of the upstream; empty: the user of `target`. */
  readonly user: string;
  /** Written unless the parameters hold a password already. */
  readonly password?: string;
  /** `passfile` of repmgr.conf. */
  readonly passfile?: string;
  /** Parameters of the command line of `standby clone`; values of `target` take precedence. */
  readonly base?: ConnectionParameters;
}

/** Belong to the node that wrote them (files, name) or to the kind of connection. */
const neverCopied = ['application_name', 'passfile', 'servicefile', 'replication'];
const addressKeywords = ['host', 'hostaddr', 'port', 'service'];

/**
 * Composes the value of `primary_conninfo`, not yet quoted for postgresql.auto.conf. `dbname` is kept:
 * the slot synchronisation of PostgreSQL 17 connects to it, the WAL receiver ignores it.
 */
export function composePrimaryConninfo(options: PrimaryConninfoOptions): string {
  const target = targetParameters(options);
  const parameters = new Map<string, string>();
  for (const [keyword, value] of baseParameters(options)) {
    parameters.set(keyword, target.get(keyword) ?? value);
  }
  if (options.base !== undefined) parameters.set('application_name', options.nodeName);
  for (const [keyword, value] of target) parameters.set(keyword, value);
  parameters.set('application_name', options.nodeName);
  if (options.password !== undefined && options.password !== '' && !parameters.has('password')) {
    parameters.set('password', options.password);
  }
  if (options.passfile !== undefined && options.passfile !== '') {
    parameters.set('passfile', options.passfile);
  }
  return renderConninfo(parameters);
}

function targetParameters({ target, user }: PrimaryConninfoOptions): Map<string, string> {
  const copied = copyable(target);
  // A service file lives on one host only. Without a host the service is all there is to find the server.
  if (copied.has('host') || copied.has('hostaddr')) copied.delete('service');
  if (user !== '') copied.set('user', user);
  return inLibpqOrder(copied);
}

/** An address is taken from one side as a whole: a host of one with a port of the other names no server. */
function baseParameters({ base, target }: PrimaryConninfoOptions): Map<string, string> {
  const copied = copyable(base ?? new Map());
  if (addressKeywords.some((keyword) => (target.get(keyword) ?? '') !== '')) {
    for (const keyword of addressKeywords) {
      if ((target.get(keyword) ?? '') === '') copied.delete(keyword);
    }
  }
  return copied;
}

function copyable(parameters: ConnectionParameters): Map<string, string> {
  return new Map(
    [...parameters].filter(([keyword, value]) => value !== '' && !neverCopied.includes(keyword)),
  );
}
