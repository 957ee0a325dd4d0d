/** Address of a daemon. */
export interface PeerAddress {
  readonly host: string;
  readonly port: number;
}

export type PeerReply =
  | { readonly kind: 'answered'; readonly body: unknown; readonly roundTripMs: number }
  /** Refused, silent or not authentic: for the protocol all the same, nothing. The reason is for people. */
  | {
      readonly kind: 'failed';
      readonly reason: 'refused' | 'timeout' | 'unauthenticated' | 'protocol';
      readonly message: string;
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
