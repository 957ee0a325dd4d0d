import type { Socket } from 'node:net';
import { type ConnectionOptions, connect as connectTls, type TLSSocket } from 'node:tls';

/** The server speaks no TLS, or the handshake failed. */
export class TlsFailed extends Error {
  constructor(message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = 'TlsFailed';
  }
}

export type ServerTlsAnswer = 'accepted' | 'declined';

/** Length 8 and the code 1234,5679 (PostgreSQL manual, section 55.7, SSLRequest). */
const sslRequest = Buffer.from([0, 0, 0, 8, 4, 210, 22, 47]);

/** Asks whether the server wants TLS on this connection; it goes on in plain text when declined. */
export async function requestTls(socket: Socket): Promise<ServerTlsAnswer> {
  const answer = await firstBytes(socket, sslRequest);
  const letter = String.fromCharCode(answer[0] ?? 0);
  // Bytes behind the answer were injected by a third party before encryption (CVE-2021-23222).
  if ((letter === 'S' || letter === 'N') && answer.length > 1) {
    throw new TlsFailed('received unencrypted data after the answer to the SSL request');
  }
  if (letter === 'S') return 'accepted';
  if (letter === 'N') return 'declined';
  if (letter === 'E') throw new TlsFailed(`the server refused the SSL request: ${printable(answer)}`);
  throw new TlsFailed('received an invalid answer to the SSL request; this may be no PostgreSQL server');
}

/** @throws TlsFailed */
export async function startTls(socket: Socket, options: ConnectionOptions): Promise<TLSSocket> {
  if (socket.destroyed) throw new TlsFailed('the server closed the connection before the TLS handshake');
  try {
    return await new Promise<TLSSocket>((resolve, reject) => {
      const secure = connectTls({ ...options, socket });
      // A socket that just closes emits no error.
      const onClose = (): void => reject(new Error('the server closed the connection during the handshake'));
      // Stays attached for the time between this step and the next.
      secure.on('error', reject);
      secure.once('close', onClose);
      secure.once('secureConnect', () => {
        secure.off('close', onClose);
        resolve(secure);
      });
    });
  } catch (cause) {
    throw new TlsFailed(
      `TLS handshake failed: ${cause instanceof Error ? cause.message : String(cause)}`,
      cause,
    );
  }
}

async function firstBytes(socket: Socket, request: Buffer): Promise<Buffer> {
  // It may have been reset since it was opened; a destroyed socket emits nothing any more.
  if (socket.destroyed) throw new Error('server closed the connection unexpectedly');
  let detach = (): void => undefined;
  try {
    return await new Promise<Buffer>((resolve, reject) => {
      const onClose = (): void => reject(new Error('server closed the connection unexpectedly'));
      detach = () => socket.off('data', resolve).off('error', reject).off('close', onClose);
      socket.on('data', resolve).on('error', reject).on('close', onClose);
      socket.write(request);
    });
  } finally {
    detach();
  }
}

function printable(answer: Buffer): string {
  return answer
    .toString('utf8', 1)
    .replace(/[^\x20-\x7e]+/g, ' ')
    .trim();
}
