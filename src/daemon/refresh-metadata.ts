import type { NodeRecord } from '../domain/node.ts';
import { keepClusterKey } from '../operations/prepare-voter.ts';
import type { Connection } from '../ports/connection.ts';
import { checkRegistration } from './check-registration.ts';
import type { CoreLoop } from './core-loop.ts';
import { coreParameters } from './core-parameters.ts';
import { type Node, operationContext } from './node.ts';
import { type Registration, readRegistration } from './read-registration.ts';
import type { OutageReporter } from './report-outages.ts';
import { MonitoringSampler } from './sample-monitoring.ts';

export interface MetadataRefresherOptions {
  readonly node: Node;
  readonly loop: CoreLoop;
  readonly outages: OutageReporter;
  /** As registered when this daemon started; empty when that could not be read. */
  readonly nodes: readonly NodeRecord[];
  readonly clusterKey: string | undefined;
}

/** Keeps what the metadata says at hand, and passes on what the protocol needs of it. */
export class MetadataRefresher {
  private readonly options: MetadataRefresherOptions;
  private readonly sampler: MonitoringSampler;
  private known: readonly NodeRecord[];
  private key: string | undefined;
  private latest: { readonly fingerprint: string; readonly registration: Registration } | undefined;

  constructor(options: MetadataRefresherOptions) {
    this.options = options;
    this.sampler = new MonitoringSampler(options.node);
    this.known = options.nodes;
    this.key = options.clusterKey;
  }

  get nodes(): readonly NodeRecord[] {
    return this.known;
  }

  get clusterKey(): string | undefined {
    return this.key;
  }

  /** This node as registered; undefined while nothing could be read. */
  get record(): NodeRecord | undefined {
    return this.known.find(({ nodeId }) => nodeId === this.options.node.nodeId);
  }

  async refresh(connection: Connection): Promise<void> {
    const { node, loop, outages } = this.options;
    const registration = await this.readRegistration(connection);
    const { nodes, voters, own } = registration;
    const isPriorityChanged = own !== undefined && own.priority !== this.record?.priority;
    this.known = nodes;
    if (isPriorityChanged)
      loop.feed({ type: 'parametersChanged', parameters: coreParameters(node.settings, own) });
    loop.feed({ type: 'registered', voters });
    checkRegistration(node, registration, loop.state.durable.incarnation);
    outages.considerRecord(own, loop.state);
    await this.sampleMonitoring(connection);
  }

  close(): void {
    this.sampler.close();
  }

  /** Read anew only when something has changed since. */
  private async readRegistration(connection: Connection): Promise<Registration> {
    const { node } = this.options;
    const { metadata } = node.adapters;
    const { latest } = this;
    this.latest = undefined;
    const fingerprint = latest === undefined ? undefined : await metadata.registrationFingerprint(connection);
    if (latest !== undefined && latest.fingerprint === fingerprint) {
      this.latest = latest;
      return latest.registration;
    }
    await this.refreshClusterKey(connection);
    const registration = await readRegistration(node, connection);
    // Without key and addresses there is a table less, of which the fingerprint could not be taken.
    const isComplete = this.key !== undefined && registration.voters.length > 0;
    if (isComplete) this.latest = { fingerprint: fingerprint ?? '', registration };
    return registration;
  }

  private async refreshClusterKey(connection: Connection): Promise<void> {
    const { node } = this.options;
    const key = await node.adapters.metadata.clusterKey(connection);
    if (key === undefined || key === this.key) return;
    this.key = key;
    await keepClusterKey(operationContext(node), key);
  }

  private async sampleMonitoring(connection: Connection): Promise<void> {
    const { node, loop } = this.options;
    const { state } = loop;
    if (!node.settings.settings.monitoring_history || state.server.recoveryState !== 'standby') return;
    const primary = state.durable.configuration?.voters.find(
      (voter) => voter.nodeId === state.primary?.nodeId,
    );
    if (primary !== undefined) await this.sampler.sample(connection, primary);
  }
}
