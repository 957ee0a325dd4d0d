import type { ConnectionParameters } from '../domain/conninfo/connection-parameters.ts';
import { parseConninfo } from '../domain/conninfo/parse-conninfo.ts';
import type { NodeId } from '../domain/node.ts';
import type { Voter } from '../domain/voting-configuration.ts';

/**
 * The node that a primary_conninfo leads to: the one whose conninfo has the same host (or address) and port.
 * Null when it is empty or leads to none of them.
 */
export function matchUpstream(
  primaryConninfo: string | undefined,
  nodes: readonly Pick<Voter, 'nodeId' | 'conninfo'>[],
): NodeId | null {
  if (primaryConninfo === undefined || primaryConninfo === '') return null;
  const target = endpointOf(parseConninfo(primaryConninfo));
  const match = nodes.find((node) => {
    const endpoint = endpointOf(parseConninfo(node.conninfo));
    return endpoint.port === target.port && endpoint.hosts.some((host) => target.hosts.includes(host));
  });
  return match?.nodeId ?? null;
}

function endpointOf(parameters: ConnectionParameters): { hosts: string[]; port: string } {
  const hosts = [parameters.get('host'), parameters.get('hostaddr')].flatMap((host) =>
    host === undefined || host === '' ? [] : [host],
  );
  const port = parameters.get('port');
  return { hosts, port: port === undefined || port === '' ? '5432' : port };
}
