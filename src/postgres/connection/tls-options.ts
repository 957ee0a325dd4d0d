import { readdir, readFile, stat } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import {
  type ConnectionOptions,
  checkServerIdentity,
  type PeerCertificate,
  rootCertificates,
} from 'node:tls';
import type { ConnectionParameters } from '../../domain/conninfo/connection-parameters.ts';
import { ConfigurationError } from '../../domain/errors/repmgr-error.ts';
import type { SslMode } from '../conninfo/resolve-conninfo.ts';

export interface TlsRequest {
  readonly parameters: ConnectionParameters;
  readonly sslmode: SslMode;
  /** Name of the server as written in the conninfo; the certificate must bear it with verify-full. */
  readonly host: string;
  readonly homeDirectory: string;
}

/** Debian and Red Hat keep the certificate authorities of the system here. */
const systemBundles = ['/etc/ssl/certs/ca-certificates.crt', '/etc/pki/tls/certs/ca-bundle.crt'];

/**
 * Options for the TLS handshake from the ssl* parameters and the files in ~/.postgresql (PostgreSQL manual,
 * section 32.19). With a root certificate the chain is verified even by sslmode `require`, as in libpq.
 * @throws ConfigurationError on a file that is missing, unreadable or readable by others.
 */
export async function tlsOptions(request: TlsRequest): Promise<ConnectionOptions> {
  const { parameters, host } = request;
  const ca = await rootCertificate(request);
  const crl = ca === undefined ? [] : await revocationLists(request);
  const sendsName = isIP(host) === 0 && host !== '' && parameters.get('sslsni') !== '0';
  const newest = parameters.get('ssl_max_protocol_version');
  return {
    ...(ca === undefined ? { rejectUnauthorized: false } : { rejectUnauthorized: true, ca }),
    ...(crl.length === 0 ? {} : { crl }),
    ...(await clientCertificate(request)),
    ...(sendsName ? { servername: host } : {}),
    checkServerIdentity: identityCheck(request),
    minVersion: protocolVersion(parameters.get('ssl_min_protocol_version') ?? 'TLSv1.2'),
    ...(newest === undefined || newest === '' ? {} : { maxVersion: protocolVersion(newest) }),
  };
}

async function rootCertificate(request: TlsRequest): Promise<string | string[] | undefined> {
  const { parameters, sslmode } = request;
  if (parameters.get('sslrootcert') === 'system') {
    for (const bundle of systemBundles) {
      const text = await readIfThere(bundle);
      if (text !== undefined) return text;
    }
    return [...rootCertificates];
  }
  const path = fileOf(request, 'sslrootcert', 'root.crt');
  const text = await readIfThere(path);
  if (text === undefined && sslmode.startsWith('verify-')) {
    throw new ConfigurationError(`root certificate file "${path}" does not exist`, {
      hint: 'provide the file, or change sslmode to disable the verification of the server certificate',
      facts: { file: path, sslmode },
    });
  }
  return text;
}

async function revocationLists(request: TlsRequest): Promise<string[]> {
  const directory = request.parameters.get('sslcrldir') ?? '';
  const files = directory === '' ? [] : (await readdir(directory)).map((name) => join(directory, name));
  const explicit = (request.parameters.get('sslcrl') ?? '') !== '';
  if (explicit || directory === '') files.push(fileOf(request, 'sslcrl', 'root.crl'));
  const texts = await Promise.all(files.map(readIfThere));
  return texts.filter((text) => text !== undefined);
}

async function clientCertificate(request: TlsRequest): Promise<ConnectionOptions> {
  if (request.parameters.get('sslcertmode') === 'disable') return {};
  const cert = await readIfThere(fileOf(request, 'sslcert', 'postgresql.crt'));
  if (cert === undefined) return {};
  const keyFile = fileOf(request, 'sslkey', 'postgresql.key');
  const key = await readIfThere(keyFile);
  if (key === undefined) {
    throw new ConfigurationError(`certificate present, but not private key file "${keyFile}"`, {
      hint: 'name the key with sslkey, or use sslcert only together with its key',
      facts: { file: keyFile },
    });
  }
  await refuseReadableByOthers(keyFile);
  const passphrase = request.parameters.get('sslpassword') ?? '';
  return { cert, key, ...(passphrase === '' ? {} : { passphrase }) };
}

async function refuseReadableByOthers(keyFile: string): Promise<void> {
  const { uid, mode } = await stat(keyFile);
  if ((mode & (uid === 0 ? 0o037 : 0o077)) === 0) return;
  throw new ConfigurationError(`private key file "${keyFile}" has group or world access`, {
    hint: 'chmod it to 0600, or to 0640 when root owns it',
    facts: { file: keyFile },
  });
}

/** Whom the certificate must name: nobody, or the host. A bare common name counts for addresses, too. */
function identityCheck({
  sslmode,
  host,
}: TlsRequest): (name: string, certificate: PeerCertificate) => Error | undefined {
  if (sslmode !== 'verify-full') return () => undefined;
  if (host === '') {
    return () => new Error('host name must be specified for a verified SSL connection');
  }
  return (_, certificate) => {
    const refusal = checkServerIdentity(host, certificate);
    const namedInSubject = certificate.subjectaltname === undefined && certificate.subject.CN === host;
    return namedInSubject ? undefined : refusal;
  };
}

function fileOf({ parameters, homeDirectory }: TlsRequest, keyword: string, fallback: string): string {
  const given = parameters.get(keyword) ?? '';
  return given === '' ? join(homeDirectory, '.postgresql', fallback) : given;
}

async function readIfThere(path: string): Promise<string | undefined> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new ConfigurationError(`cannot read "${path}"`, {
      cause,
      hint: 'correct the permissions of the file',
      facts: { file: path },
    });
  }
}

const protocolVersions = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const;

function protocolVersion(text: string): (typeof protocolVersions)[number] {
  const found = protocolVersions.find((version) => version.toLowerCase() === text.toLowerCase());
  if (found !== undefined) return found;
  throw new ConfigurationError(`invalid SSL protocol version "${text}"`, {
    hint: `use one of ${protocolVersions.join(', ')}`,
  });
}
