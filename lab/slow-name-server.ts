import { createSocket, type RemoteInfo, type Socket } from 'node:dgram';
import { once } from 'node:events';

const headerBytes = 12;
const typeA = 1;

/**
 * A name server that knows a few IPv4 addresses (RFC 1035, section 4.1) and answers as late as it is told.
 * Other names and types get an answer without records, so that a resolver looks no further.
 */
export class SlowNameServer {
  /** Milliseconds between a question and its answer; null for no answer at all. */
  delayMs: number | null = 0;
  readonly #socket: Socket;
  readonly #addresses: ReadonlyMap<string, string>;

  private constructor(addresses: ReadonlyMap<string, string>) {
    this.#addresses = addresses;
    this.#socket = createSocket('udp4');
    this.#socket.on('message', (query, from) => {
      if (this.delayMs !== null) setTimeout(() => this.reply(query, from), this.delayMs);
    });
  }

  /** Listens on port 53 of an address, which needs root. */
  static async start(address: string, addresses: ReadonlyMap<string, string>): Promise<SlowNameServer> {
    const server = new SlowNameServer(addresses);
    server.#socket.bind(53, address);
    await once(server.#socket, 'listening');
    return server;
  }

  stop(): void {
    this.#socket.removeAllListeners('message');
    this.#socket.close();
  }

  private reply(query: Buffer, from: RemoteInfo): void {
    const { name, end } = questionOf(query);
    const address = query.readUInt16BE(end) === typeA ? this.#addresses.get(name) : undefined;
    const header = Buffer.from(query.subarray(0, headerBytes));
    header.writeUInt16BE(0x8580, 2); // a response, authoritative, recursion available, no error
    header.writeUInt16BE(1, 4);
    header.writeUInt16BE(address === undefined ? 0 : 1, 6);
    header.writeUInt32BE(0, 8); // neither authorities nor additional records
    const question = query.subarray(headerBytes, end + 4);
    const answer = address === undefined ? Buffer.alloc(0) : recordOf(address);
    // Whoever has asked may have gone in the meantime; then nobody misses the answer.
    this.#socket.send(Buffer.concat([header, question, answer]), from.port, from.address, () => undefined);
  }
}

function questionOf(query: Buffer): { name: string; end: number } {
  const labels: string[] = [];
  let at = headerBytes;
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  return { name: labels.join('.').toLowerCase(), end: at + 1 };
}

/** Good for no time at all, so that every lookup is a question. */
function recordOf(address: string): Buffer {
  const record = Buffer.alloc(16);
  record.writeUInt16BE(0xc000 | headerBytes, 0); // the name in the question
  record.writeUInt16BE(typeA, 2);
  record.writeUInt16BE(1, 4); // class IN
  record.writeUInt16BE(4, 10); // bytes; the time to live before it stays 0
  record.set(address.split('.').map(Number), 12);
  return record;
}
