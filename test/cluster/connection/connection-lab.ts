import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '../../../lab/free-port.ts';
import { PostgresInstance } from '../../../lab/postgres-instance.ts';
import { createTemporaryFolder } from '../../../lab/temporary-folder.ts';
import { type FakeServer, startFakeServer } from '../../unit/postgres/connection/fake-server.ts';

export const password = 'open_sesame';
/** Name in the server's certificate; it need not resolve, as the tests give hostaddr, too. */
export const certifiedHost = 'node1.repmgr.example';

/** A primary with TLS and several ways of authentication, and a standby of it. */
export interface ConnectionLab {
  /** Home of a client: .pgpass and .postgresql belong here. */
  readonly home: string;
  readonly primary: PostgresInstance;
  readonly standby: PostgresInstance;
  readonly silent: FakeServer;
  readonly deadPort: number;
  /** Certificate authority of server and client certificates; another one that signed neither. */
  readonly authority: string;
  readonly strangeAuthority: string;
  readonly clientCertificate: { readonly cert: string; readonly key: string };
  remove(): Promise<void>;
}

/** First match counts (PostgreSQL manual, section 21.1). */
const hostBasedAuthentication = `
local   all         all                        trust
hostnossl all       tls_only   127.0.0.1/32    reject
hostssl all         plain_only 127.0.0.1/32    reject
hostssl all         certified  127.0.0.1/32    cert
host    all         forbidden  127.0.0.1/32    reject
host    all         trusted    127.0.0.1/32    trust
host    all         old        127.0.0.1/32    md5
host    all         clear      127.0.0.1/32    password
host    all         all        127.0.0.1/32    scram-sha-256
host    replication all        127.0.0.1/32    scram-sha-256
`;

export async function createConnectionLab(): Promise<ConnectionLab> {
  const folder = createTemporaryFolder();
  const home = join(folder.path, 'home');
  mkdirSync(join(home, '.postgresql'), { recursive: true });
  const certificates = createCertificates(folder.path);
  const primary = await PostgresInstance.create({
    directory: join(folder.path, 'node1'),
    host: '127.0.0.1',
    port: await freePort(),
    authentication: 'scram-sha-256',
    password,
    settings: {
      ssl: 'on',
      ssl_ca_file: certificates.authority,
      ssl_cert_file: certificates.server.cert,
      ssl_key_file: certificates.server.key,
    },
  });
  primary.machine.giveToUser(certificates.server.key);
  writeFileSync(join(primary.dataDirectory, 'pg_hba.conf'), hostBasedAuthentication);
  await primary.start();
  await createRoles(primary);
  const standby = await PostgresInstance.cloneOf(primary, {
    directory: join(folder.path, 'node2'),
    host: '127.0.0.1',
    port: await freePort(),
    authentication: 'scram-sha-256',
    password,
  });
  await standby.start();
  const silent = await startFakeServer();
  return {
    home,
    primary,
    standby,
    silent,
    deadPort: await freePort(),
    authority: certificates.authority,
    strangeAuthority: certificates.strangeAuthority,
    clientCertificate: certificates.client,
    remove: async () => {
      await silent.stop();
      await folder.remove();
    },
  };
}

async function createRoles(primary: PostgresInstance): Promise<void> {
  for (const role of ['tls_only', 'plain_only', 'certified', 'forbidden', 'trusted', 'clear']) {
    await primary.query(`CREATE ROLE ${role} LOGIN PASSWORD '${password}'`);
  }
  await primary.query(`SET password_encryption = 'md5'; CREATE ROLE old LOGIN PASSWORD '${password}'`);
  await primary.query(`CREATE ROLE repl LOGIN REPLICATION PASSWORD '${password}'`);
}

interface KeyPair {
  readonly cert: string;
  readonly key: string;
}

function createCertificates(folder: string): {
  authority: string;
  strangeAuthority: string;
  server: KeyPair;
  client: KeyPair;
} {
  const authority = createAuthority(folder, 'authority');
  const strange = createAuthority(folder, 'strange');
  const sign = (name: string, options: { subject: string; extension: string }): KeyPair => {
    const pair = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
    const request = join(folder, `${name}.csr`);
    const extensions = join(folder, `${name}.ext`);
    writeFileSync(extensions, options.extension);
    openssl('req', '-new', ...newKey, '-keyout', pair.key, '-out', request, '-subj', options.subject);
    const signing = ['-CA', authority.cert, '-CAkey', authority.key, '-CAcreateserial', '-days', '2'];
    openssl('x509', '-req', '-in', request, ...signing, '-extfile', extensions, '-out', pair.cert);
    chmodSync(pair.key, 0o600);
    return pair;
  };
  return {
    authority: authority.cert,
    strangeAuthority: strange.cert,
    server: sign('server', { subject: '/CN=server', extension: `subjectAltName=DNS:${certifiedHost}` }),
    client: sign('client', { subject: '/CN=certified', extension: 'extendedKeyUsage=clientAuth' }),
  };
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

function createAuthority(folder: string, name: string): KeyPair {
  const pair = { cert: join(folder, `${name}.crt`), key: join(folder, `${name}.key`) };
  openssl(
    'req',
    '-x509',
    ...newKey,
    '-days',
    '2',
    '-subj',
    `/CN=${name}`,
    '-keyout',
    pair.key,
    '-out',
    pair.cert,
  );
  return pair;
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] });
}
