import { describe, expect, it } from 'vitest';
import {
  AuthenticationGuard,
  refuseUnsupported,
} from '../../../../src/postgres/connection/authentication-guard.ts';

const guardOf = (parameters: Record<string, string>, isEncrypted = true): AuthenticationGuard =>
  new AuthenticationGuard(new Map(Object.entries(parameters)), isEncrypted);

describe('AuthenticationGuard', () => {
  it('admits every method by default', () => {
    const guard = guardOf({});
    expect(guard.objection()).toBeUndefined();
    guard.requested('password');
    expect(guard.objection()).toBeUndefined();
  });

  it.each([
    ['scram-sha-256', 'scram-sha-256', true],
    ['scram-sha-256', 'password', false],
    ['scram-sha-256,md5', 'md5', true],
    ['!password,!md5', 'password', false],
    ['!password, !md5', 'md5', false],
    ['!password,!md5', 'scram-sha-256', true],
    ['none', 'password', false],
  ] as const)('require_auth=%s with method %s: %s', (requireAuth, method, isAllowed) => {
    const guard = guardOf({ require_auth: requireAuth });
    guard.requested(method);
    expect(guard.objection() === undefined).toBe(isAllowed);
  });

  it('objects to a server that lets anybody in where a method is required', () => {
    expect(guardOf({ require_auth: 'scram-sha-256' }).objection()).toContain('"none"');
  });

  it('insists on channel binding where it is required', () => {
    const guard = guardOf({ channel_binding: 'require' });
    guard.requested('scram-sha-256', ['SCRAM-SHA-256']);
    expect(guard.objection()).toContain('channel binding required');
    guard.requested('scram-sha-256', ['SCRAM-SHA-256-PLUS', 'SCRAM-SHA-256']);
    expect(guard.objection()).toBeUndefined();
    const plain = guardOf({ channel_binding: 'require' }, false);
    plain.requested('scram-sha-256', ['SCRAM-SHA-256-PLUS']);
    expect(plain.objection()).toContain('channel binding required');
  });

  it.each([[{ require_auth: 'scram' }], [{ require_auth: 'md5,!password' }], [{ channel_binding: 'yes' }]])(
    'refuses %j',
    (parameters) => {
      expect(() => guardOf(parameters as Record<string, string>)).toThrow('invalid');
    },
  );
});

describe('refuseUnsupported', () => {
  it.each([
    ['gssencmode', 'require'],
    ['requirepeer', 'postgres'],
  ])('refuses %s=%s', (keyword, value) => {
    expect(() => refuseUnsupported(new Map([[keyword, value]]))).toThrow(
      `${keyword}=${value} is not supported`,
    );
    expect(() => refuseUnsupported(new Map([[keyword, '']]))).not.toThrow();
  });
});
