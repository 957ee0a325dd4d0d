import { join } from 'node:path';
import { ClusterNode } from './cluster-node.ts';
import { freePort } from './free-port.ts';
import { NetworkNamespaces } from './network-namespaces.ts';
import { installPrograms } from './programs.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

export interface TestClusterOptions {
  /** Default 3. */
  readonly nodes?: number;
  /** `loopback`: 127.0.0.2 and following. `namespaces`: real cables that can be cut; needs root. */
  readonly network?: 'loopback' | 'namespaces';
  /** Further lines of every repmgr.conf. */
  readonly settings?: Readonly<Record<string, string>>;
  /** Further lines of one node's repmgr.conf, by node id. */
  readonly settingsOf?: Readonly<Record<number, Readonly<Record<string, string>>>>;
  /** Further lines of postgresql.conf. */
  readonly postgresSettings?: Readonly<Record<string, string>>;
  /** Size of WAL segments; default 16. */
  readonly walSegmentMb?: number;
  /** Connection strings name hosts `node1.lab` and so on, which a name server of the lab has to resolve. */
  readonly hostNames?: boolean;
  /** Every commit waits for one of the other nodes. Default: none does, as PostgreSQL comes. */
  readonly synchronous?: boolean;
}

export interface ClusterParts {
  readonly nodes: readonly ClusterNode[];
  readonly network: NetworkNamespaces | undefined;
}

/** Addresses, ports, folders and configuration files of all nodes. */
export async function planCluster(
  options: TestClusterOptions,
  folder: TemporaryFolder,
): Promise<ClusterParts> {
  const count = options.nodes ?? 3;
  const network = options.network === 'namespaces' ? NetworkNamespaces.create(folder, count) : undefined;
  const addresses =
    network?.nodes.map((node) => node.address) ??
    Array.from({ length: count }, (_, index) => `127.0.0.${index + 2}`);
  // In namespaces of their own no two servers can meet, so the usual ports are free.
  const port = network === undefined ? await freePort(addresses) : 5432;
  const apiPort = network === undefined ? await freePort(addresses) : 5479;
  const programs = installPrograms(folder.path);
  const nodes = addresses.map((address, index) => {
    const id = index + 1;
    const namespace = network?.nodes[index]?.namespace;
    return new ClusterNode({
      id,
      name: `node${id}`,
      address,
      port,
      apiPort,
      programs,
      hostName: options.hostNames === true ? `node${id}.lab` : address,
      folder: join(folder.path, `node${id}`),
      settings: { ...options.settings, ...options.settingsOf?.[id] },
      ...(namespace === undefined ? {} : { networkNamespace: namespace }),
    });
  });
  return { nodes, network };
}
