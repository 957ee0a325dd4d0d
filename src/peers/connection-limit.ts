import type { Socket } from 'node:net';

/**
 * Keeps room for the cluster when somebody floods the port: connections on which nothing authentic has come
 * yet are few, and the oldest of them gives way to a new one. Those of peers are never closed by it.
 */
export class ConnectionLimit {
  readonly #unproven = new Set<Socket>();
  readonly #maxUnproven: number;

  constructor(maxUnproven: number) {
    this.#maxUnproven = maxUnproven;
  }

  admit(socket: Socket): void {
    this.#unproven.add(socket);
    socket.once('close', () => this.#unproven.delete(socket));
    if (this.#unproven.size <= this.#maxUnproven) return;
    const [oldest] = this.#unproven;
    if (oldest === undefined) return;
    this.#unproven.delete(oldest);
    oldest.destroy();
  }

  /** An authentic request came on this connection. */
  prove(socket: Socket): void {
    this.#unproven.delete(socket);
  }
}
