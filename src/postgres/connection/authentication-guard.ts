import type { ConnectionParameters } from '../../domain/conninfo/connection-parameters.ts';
import { ConfigurationError } from '../../domain/errors/repmgr-error.ts';

type Method = 'none' | 'password' | 'md5' | 'scram-sha-256' | 'gss' | 'sspi' | 'oauth';

const methods: readonly string[] = ['none', 'password', 'md5', 'scram-sha-256', 'gss', 'sspi', 'oauth'];

/** Refuses what the conninfo asks for and this client cannot guarantee, instead of connecting without it. */
export function refuseUnsupported(parameters: ConnectionParameters): void {
  const unsupported = [
    ['gssencmode', 'require'],
    ['min_protocol_version', '3.2'],
    ['min_protocol_version', 'latest'],
    ['sslcertmode', 'require'],
  ] as const;
  const found = unsupported.find(([keyword, value]) => parameters.get(keyword) === value);
  const requirePeer = parameters.get('requirepeer') ?? '';
  if (found === undefined && requirePeer === '') return;
  const setting = found === undefined ? `requirepeer=${requirePeer}` : found.join('=');
  throw new ConfigurationError(`connection option ${setting} is not supported`, {
    hint: `remove ${setting} from the connection string or the environment`,
  });
}

/** Checks the server's way of authentication against require_auth and channel_binding before answering it. */
export class AuthenticationGuard {
  readonly wantsChannelBinding: boolean;
  readonly #requireAuth: string;
  readonly #requiresBinding: boolean;
  #method: Method = 'none';
  #bindingOffered = false;

  constructor(parameters: ConnectionParameters, isEncrypted: boolean) {
    const binding = parameters.get('channel_binding') ?? 'prefer';
    if (!['disable', 'prefer', 'require'].includes(binding)) {
      throw new ConfigurationError(`invalid channel_binding value: "${binding}"`, {
        hint: 'use one of disable, prefer, require',
      });
    }
    this.#requiresBinding = binding === 'require';
    this.wantsChannelBinding = isEncrypted && binding !== 'disable';
    this.#requireAuth = (parameters.get('require_auth') ?? '').trim();
    this.#checkRequireAuth();
  }

  /** To be told of each authentication request, before the password is looked up. */
  requested(method: Method, mechanisms: readonly string[] = []): void {
    this.#method = method;
    this.#bindingOffered = mechanisms.includes('SCRAM-SHA-256-PLUS');
  }

  /** Why the server may not be answered; undefined when it may. */
  objection(): string | undefined {
    if (this.#requiresBinding && !(this.wantsChannelBinding && this.#bindingOffered)) {
      return 'channel binding required, but the server authenticated the client without it';
    }
    if (this.#requireAuth === '' || this.#isAllowed()) return undefined;
    return `authentication method requirement "${this.#requireAuth}" failed: the server requested "${this.#method}"`;
  }

  #isAllowed(): boolean {
    const listed = this.#requireAuth.split(',').map((entry) => entry.trim());
    if (listed[0]?.startsWith('!') === true) return !listed.includes(`!${this.#method}`);
    return listed.includes(this.#method);
  }

  #checkRequireAuth(): void {
    if (this.#requireAuth === '') return;
    const listed = this.#requireAuth.split(',').map((entry) => entry.trim());
    const negated = listed.filter((entry) => entry.startsWith('!')).length;
    const known = listed.every((entry) => methods.includes(entry.replace(/^!/, '')));
    if (known && (negated === 0 || negated === listed.length)) return;
    throw new ConfigurationError(`invalid require_auth value: "${this.#requireAuth}"`, {
      hint: `list methods among ${methods.join(', ')}; either all or none of them with a leading "!"`,
    });
  }
}
