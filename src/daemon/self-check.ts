import { localDaemonAddress } from '../operations/daemon-access.ts';
import type { Connection } from '../ports/connection.ts';
import type { PeerNetwork } from '../ports/peer-network.ts';
import type { CoreLoop } from './core-loop.ts';
import { messageOf, type Node } from './node.ts';

const intervalMs = 10_000;
const retryMs = 500;
const askLimitMs = 2_000;
const warningIntervalMs = 60_000;

export interface SelfCheckOptions {
  readonly node: Node;
  readonly loop: CoreLoop;
  readonly network: PeerNetwork;
  /** Random, of this very start. */
  readonly startId: string;
  /** The open connection to the local server, if there is one. */
  readonly connection: () => Connection | undefined;
}

/** A daemon votes only while it reaches itself, this very start of it, under its registered address. */
export class SelfCheck {
  private readonly options: SelfCheckOptions;

  constructor(options: SelfCheckOptions) {
    this.options = options;
  }

  /** Resolves with the time to wait before the next check, in ms. */
  async run(): Promise<number> {
    const { node, loop } = this.options;
    const problem = await this.problem();
    if (problem !== undefined && !node.ending.aborted) this.warn(problem);
    const reachesItself = problem === undefined;
    const isFirst = reachesItself && !loop.state.reachesItself;
    loop.feed({ type: 'listening', reachesItself });
    if (isFirst) {
      this.introduce().catch((error: unknown) => {
        node.log.debug('the primary was not told of this daemon', { detail: messageOf(error) });
      });
    }
    return reachesItself ? intervalMs : retryMs;
  }

  private async problem(): Promise<string | undefined> {
    const { node, network, startId } = this.options;
    const options = { timeoutMs: askLimitMs, signal: node.ending };
    const reply = await network.request(localDaemonAddress(node), 'status', {}, options);
    if (reply.kind === 'failed') return reply.message;
    return reply.from?.startId === startId ? undefined : 'another daemon answers there';
  }

  private warn(detail: string): void {
    const { host, port } = localDaemonAddress(this.options.node);
    this.options.node.log.warning(`this daemon does not reach itself at ${host}:${port} and does not vote`, {
      detail,
      hint: 'check api_address, api_port and api_listen_addresses, and that no second repmgrd uses them',
      atMostEvery: { id: 'self-check', intervalMs: warningIntervalMs },
    });
  }

  /** Tells the primary's daemon that this one is there. Without an answer it finds out by itself, a little later. */
  private async introduce(): Promise<void> {
    const { node, loop, network } = this.options;
    const connection = this.options.connection();
    if (connection === undefined || loop.state.reign !== null) return;
    const { metadata } = node.adapters;
    const primary = await metadata.recordedPrimary(connection);
    const addresses = await metadata.daemonAddresses(connection);
    const address = addresses.find((candidate) => candidate.nodeId === primary?.nodeId);
    if (address === undefined || address.nodeId === node.nodeId) return;
    await network.request(address, 'introduce', {}, { timeoutMs: askLimitMs, signal: node.ending });
  }
}
