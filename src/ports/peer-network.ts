/** Address of a daemon. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

export type PeerReply =
  | {
      readonly kind: 'answered';
      readonly body: unknown;
      readonly roundTripMs: number;
      /** Who answered, as proven by the signature: the node and the random id of its daemon's start. */
      readonly from?: { readonly nodeId: number; readonly startId: string };
    }
  /** Refused, silent or not authentic: for the protocol all the same, nothing. The reason is for people. */
  | {
      readonly kind: 'failed';
      readonly reason: 'refused' | 'timeout' | 'cancelled' | 'unauthenticated' | 'protocol';
      readonly message: string;
      /** Where the daemon gave an authentic answer with an HTTP status of failure: that status, and its body. */
      readonly status?: number;
      readonly body?: unknown;
    };

/** Signed requests to the daemons of other nodes (failover.md §3). Never throws. */
export interface PeerNetwork {
  request(
    peer: PeerAddress,
    message: string,
    body: unknown,
    options: { timeoutMs: number; signal?: AbortSignal },
  ): Promise<PeerReply>;
  close(): Promise<void>;
}
