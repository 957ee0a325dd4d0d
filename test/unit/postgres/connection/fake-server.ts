import type { AddressInfo } from 'node:net';
import { createServer, type Socket } from 'node:net';

export interface FakeServer {
  readonly port: number;
  /** Connections accepted so far. */
  readonly accepted: readonly Socket[];
  stop(): Promise<void>;
}

/** A listening socket which treats each connection as told; by default it never answers. */
export async function startFakeServer(
  onConnection: (socket: Socket) => void = () => undefined,
): Promise<FakeServer> {
  const accepted: Socket[] = [];
  const server = createServer((socket) => {
    accepted.push(socket);
    socket.on('error', () => undefined);
    // Without a reader the end of the other side would go unnoticed.
    socket.resume();
    onConnection(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    accepted,
    stop: async () => {
      for (const socket of accepted) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Answers the first packet with `answer` and closes. */
export function answering(answer: Buffer): (socket: Socket) => void {
  return (socket) => socket.once('data', () => socket.end(answer));
}

/** ErrorResponse with severity, SQLSTATE and message. */
export function errorResponse(sqlState: string, message = 'refused'): Buffer {
  const body = Buffer.from(`SFATAL\0VFATAL\0C${sqlState}\0M${message}\0\0`);
  const head = Buffer.alloc(5);
  head.write('E');
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}
