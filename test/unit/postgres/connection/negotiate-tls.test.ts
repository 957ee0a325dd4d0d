import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { requestTls, startTls } from '../../../../src/postgres/connection/negotiate-tls.ts';

describe('a server that dies right after it has accepted', () => {
  let server: Server;
  let socket: Socket;

  beforeEach(async () => {
    server = createServer((accepted) => accepted.resetAndDestroy());
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.on('error', () => undefined);
    await new Promise((resolve) => socket.once('close', resolve));
  });

  afterEach(() => {
    server.close();
  });

  it('is noticed when TLS is asked for', async () => {
    await expect(requestTls(socket)).rejects.toThrow('closed the connection');
  });

  it('is noticed when TLS begins', async () => {
    await expect(startTls(socket, {})).rejects.toThrow('closed the connection');
  });
});
