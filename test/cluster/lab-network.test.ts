import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LabHost } from '../../lab/lab-host.ts';
import { NetworkNamespaces } from '../../lab/network-namespaces.ts';
import { PostgresInstance } from '../../lab/postgres-instance.ts';
import { createTemporaryFolder, type TemporaryFolder } from '../../lab/temporary-folder.ts';

// Cutting cables must cut what it says and nothing else; no repmgr takes part.
describe('the network of the lab', () => {
  let folder: TemporaryFolder;
  let network: NetworkNamespaces;
  let servers: PostgresInstance[];

  beforeAll(async () => {
    folder = createTemporaryFolder();
    network = NetworkNamespaces.create(folder, 2);
    servers = await Promise.all(
      network.nodes.map(async ({ namespace, address }, index) => {
        const directory = join(folder.path, `node${index + 1}`);
        const machine = new LabHost({
          name: `node${index + 1}`,
          folder: directory,
          address,
          networkNamespace: namespace,
        });
        const server = await PostgresInstance.create({ directory, host: address, port: 5432, machine });
        await server.start();
        return server;
      }),
    );
  });

  afterAll(async () => {
    await folder.remove();
    network.destroy();
  });

  /** Whether `from` can ask the other node's server something within a second. */
  async function reaches(from: number, to: number): Promise<boolean> {
    const client = servers[from] as PostgresInstance;
    const server = servers[to] as PostgresInstance;
    const args = ['-XAtc', 'SELECT 1', server.conninfo().replace('connect_timeout=2', 'connect_timeout=1')];
    const result = await client.machine.run(join(client.bindir, 'psql'), args);
    return result.status === 0;
  }

  async function clientReaches(to: number): Promise<boolean> {
    const server = servers[to] as PostgresInstance;
    return server.query('SELECT 1', [], { timeoutMs: 500 }).then(
      () => true,
      () => false,
    );
  }

  it('joins nodes and clients', async () => {
    expect(await reaches(0, 1)).toBe(true);
    expect(await reaches(1, 0)).toBe(true);
    expect(await clientReaches(0)).toBe(true);
  });

  it('cuts a node off from the others while clients still reach it, and heals', async () => {
    network.isolate(0, { clients: false });
    expect(await reaches(0, 1)).toBe(false);
    expect(await reaches(1, 0)).toBe(false);
    expect(await clientReaches(0)).toBe(true);
    network.isolate(0);
    expect(await clientReaches(0)).toBe(false);
    expect(await clientReaches(1)).toBe(true);
    network.heal();
    expect(await reaches(1, 0)).toBe(true);
    expect(await clientReaches(0)).toBe(true);
  });
});
