import type { RepmgrError } from '../domain/errors/repmgr-error.ts';

export interface PeerMessageSender {
  readonly nodeId: number;
  readonly startId: string;
}

export interface PeerServerOptions {
  readonly nodeId: number;
  /** Random id of this start of the daemon; 8 to 64 letters, digits and hyphens. */
  readonly startId: string;
  /** Hexadecimal; undefined while the node has none, and then every request but hello is refused. */
  readonly clusterKey: () => string | undefined;
  /** `*` as a host stands for all addresses. Port 0 lets the system choose (tests). */
  readonly listen: { readonly hosts: readonly string[]; readonly port: number };
  /** Carries out an authentic message; `body` is parsed JSON. What it throws is answered with status 500. */
  readonly handle: (
    message: string,
    body: unknown,
    from: PeerMessageSender,
  ) => Promise<{ status: number; body: unknown }>;
  /** A listener is gone although stop() wasn't called; all others are closed by then. */
  readonly onListenerLost: (error: RepmgrError) => void;
  /** Trouble that peers are not told about: a message that couldn't be handled, a connection not accepted. */
  readonly onTrouble: (error: RepmgrError) => void;
  /** How many senders the replay memory holds; default 4096. */
  readonly maxSenders?: number;
}

/** Receives the signed requests of other daemons and of the command line. */
export interface PeerServer {
  /**
   * Resolves with the port once every address is bound; may be called again after stop().
   * @throws ConnectionFailed (address in use, not of this host), ConfigurationError (no permission).
   */
  start(): Promise<{ port: number }>;
  /** Closes the port, gives requests underway a second, then drops all connections. */
  stop(): Promise<void>;
}
