import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { networkInterfaces } from 'node:os';
import { ConfigurationError, LocalCommandFailed } from '../src/domain/errors/repmgr-error.ts';
import type { TemporaryFolder } from './temporary-folder.ts';

/** An end of a cable: one of the nodes (0, 1, …) or this process with its clients. */
export type NetworkEnd = number | 'clients';

export interface NetworkNode {
  readonly namespace: string;
  readonly address: string;
}

/**
 * One network namespace per node, joined by a bridge that this process is attached to as well. All link
 * addresses are fixed, so a cable is cut in one direction by telling the sender a wrong one: its packets
 * leave and arrive nowhere, exactly as with a firewall that drops, and open connections just go silent.
 * Needs root and iproute2.
 */
export class NetworkNamespaces {
  readonly nodes: readonly NetworkNode[];
  readonly #id: string;
  readonly #subnet: string;
  /** Namespaces with rules of `cutPortOneWay`, once per rule. */
  readonly #ruled: string[] = [];

  private constructor(id: string, subnet: string, count: number) {
    this.#id = id;
    this.#subnet = subnet;
    this.nodes = Array.from({ length: count }, (_, index) => ({
      namespace: `rl${id}n${index}`,
      address: addressOf(subnet, index),
    }));
  }

  /** Why namespaces can't be used here, as one line that says what to do; undefined when they can. */
  static obstacle(): string | undefined {
    if (process.getuid?.() !== 0) return 'network namespaces need root: run this as root';
    try {
      execFileSync('ip', ['-V'], { stdio: 'ignore' });
    } catch {
      return 'network namespaces need the program "ip": apt-get install iproute2 (or dnf install iproute)';
    }
    const probe = `rl${randomBytes(3).toString('hex')}probe`;
    try {
      ip(['netns', 'add', probe]);
      ip(['netns', 'delete', probe]);
      return undefined;
    } catch (error) {
      const { message } = error as Error;
      return `network namespaces can't be made here, they need CAP_SYS_ADMIN and CAP_NET_ADMIN: ${message}`;
    }
  }

  /** The namespaces go with the folder, also when this process is killed. */
  static create(folder: TemporaryFolder, count: number): NetworkNamespaces {
    const obstacle = NetworkNamespaces.obstacle();
    if (obstacle !== undefined) throw new ConfigurationError(obstacle);
    const network = new NetworkNamespaces(randomBytes(3).toString('hex'), freeSubnet(), count);
    folder.owns('link', network.bridge);
    for (const node of network.nodes) folder.owns('netns', node.namespace);
    network.build();
    return network;
  }

  /** Drops every packet from one end to another. */
  cutOneWay(from: NetworkEnd, to: NetworkEnd): void {
    this.setNeighbour(from, to, deadLinkAddress);
  }

  cut(a: NetworkEnd, b: NetworkEnd): void {
    this.cutOneWay(a, b);
    this.cutOneWay(b, a);
  }

  /** Cuts a node off from all other nodes and, unless told otherwise, from the clients. */
  isolate(node: number, options: { clients: boolean } = { clients: true }): void {
    for (const other of this.ends()) {
      if (other === node || (other === 'clients' && !options.clients)) continue;
      this.cut(node, other);
    }
  }

  /**
   * Drops the packets of one port (either end's) from one node to another and leaves everything else alone.
   * A firewall isn't needed: the routing policy knows ports, and sends them to a neighbour that isn't there.
   */
  cutPortOneWay(from: number, to: number, port: number): void {
    const namespace = this.nodes[from]?.namespace ?? '';
    const inside = ['-n', namespace];
    const nowhere = `${this.#subnet}.254`;
    ip([
      ...inside,
      'neighbour',
      'replace',
      nowhere,
      'lladdr',
      deadLinkAddress,
      'dev',
      'eth0',
      'nud',
      'permanent',
    ]);
    ip([...inside, 'route', 'replace', 'default', 'via', nowhere, 'dev', 'eth0', 'table', nowhereTable]);
    for (const end of ['sport', 'dport']) {
      const packets = ['to', addressOf(this.#subnet, to), 'ipproto', 'tcp', end, String(port)];
      ip([...inside, 'rule', 'add', 'pref', rulePreference, ...packets, 'lookup', nowhereTable]);
      this.#ruled.push(namespace);
    }
  }

  /** One port between a node and all other nodes, both ways; clients still get through. */
  isolatePort(node: number, port: number): void {
    for (const other of this.nodes.keys()) {
      if (other === node) continue;
      this.cutPortOneWay(node, other, port);
      this.cutPortOneWay(other, node, port);
    }
  }

  /** Joins everything again. */
  heal(): void {
    for (const namespace of this.#ruled.splice(0))
      ip(['-n', namespace, 'rule', 'delete', 'pref', rulePreference]);
    for (const from of this.ends()) {
      for (const to of this.ends()) if (from !== to) this.setNeighbour(from, to, linkAddressOf(to));
    }
  }

  /** Where the nodes reach this process. */
  get clientsAddress(): string {
    return addressOf(this.#subnet, 'clients');
  }

  /** Programs started from now on in the namespaces ask this server for names; ip-netns(8), /etc/netns. */
  askForNames(server: string): void {
    for (const { namespace } of this.nodes) {
      mkdirSync(`/etc/netns/${namespace}`, { recursive: true });
      writeFileSync(`/etc/netns/${namespace}/resolv.conf`, `nameserver ${server}\n`);
    }
  }

  destroy(): void {
    for (const { namespace } of this.nodes) {
      ip(['netns', 'delete', namespace]);
      rmSync(`/etc/netns/${namespace}`, { recursive: true, force: true });
    }
    ip(['link', 'delete', this.bridge]);
  }

  private get bridge(): string {
    return `rl${this.#id}b`;
  }

  private ends(): NetworkEnd[] {
    return [...this.nodes.keys(), 'clients'];
  }

  private build(): void {
    ip(['link', 'add', this.bridge, 'address', linkAddressOf('clients'), 'type', 'bridge']);
    ip(['address', 'add', `${addressOf(this.#subnet, 'clients')}/24`, 'dev', this.bridge]);
    ip(['link', 'set', this.bridge, 'up']);
    for (const [index, node] of this.nodes.entries()) {
      const cable = `rl${this.#id}v${index}`;
      ip(['netns', 'add', node.namespace]);
      ip(['link', 'add', cable, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', node.namespace]);
      ip(['link', 'set', cable, 'master', this.bridge, 'up']);
      const inside = ['-n', node.namespace];
      ip([...inside, 'link', 'set', 'eth0', 'address', linkAddressOf(index), 'up']);
      ip([...inside, 'link', 'set', 'lo', 'up']);
      ip([...inside, 'address', 'add', `${node.address}/24`, 'dev', 'eth0']);
    }
    this.heal();
  }

  private setNeighbour(from: NetworkEnd, to: NetworkEnd, linkAddress: string): void {
    const where = from === 'clients' ? [] : ['-n', this.nodes[from]?.namespace ?? ''];
    const device = from === 'clients' ? this.bridge : 'eth0';
    const entry = [addressOf(this.#subnet, to), 'lladdr', linkAddress, 'dev', device, 'nud', 'permanent'];
    ip([...where, 'neighbour', 'replace', ...entry]);
  }
}

/** Neither table nor preference is used by a fresh namespace. */
const nowhereTable = '77';
const rulePreference = '77';
const deadLinkAddress = '02:77:00:00:ff:ff';

function linkAddressOf(end: NetworkEnd): string {
  const number = end === 'clients' ? 1 : 11 + end;
  return `02:77:00:00:00:${number.toString(16).padStart(2, '0')}`;
}

function addressOf(subnet: string, end: NetworkEnd): string {
  return `${subnet}.${end === 'clients' ? 1 : 11 + end}`;
}

/** 10.77.0 or the next that no interface of this machine uses. */
function freeSubnet(): string {
  const used = Object.values(networkInterfaces()).flatMap((entries) =>
    entries?.map((entry) => entry.address),
  );
  for (let third = 0; third < 255; third += 1) {
    const subnet = `10.77.${third}`;
    if (!used.some((address) => address?.startsWith(`${subnet}.`))) return subnet;
  }
  throw new ConfigurationError('all of 10.77.0.0/16 is in use on this machine');
}

function ip(args: readonly string[]): void {
  try {
    execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'], encoding: 'utf8' });
  } catch (error) {
    const { stderr } = error as { stderr?: string };
    throw new LocalCommandFailed(`"ip ${args.join(' ')}" failed: ${stderr?.trim() ?? String(error)}`, {
      cause: error,
    });
  }
}
