import type { ProtocolStatus } from '../../domain/peer-messages.ts';
import type { Voter } from '../../domain/voting-configuration.ts';
import { isOpenServer } from './candidacy.ts';
import { noteAnsweringVoter } from './configuration.ts';
import { askUnanswered } from './heartbeats.ts';
import { majorityOf } from './quorum.ts';
import type { Transition } from './transition.ts';

/** A registered node's daemon has answered for the first time. */
export function onIntroduction(transition: Transition, status: ProtocolStatus): void {
  noteAnsweringVoter(transition, status.nodeId, status.incarnation);
  if (transition.state.durable.configuration !== null) return;
  if (status.configurationVersion !== null) {
    transition.state.answeringVoters = [];
    transition.explain(
      '§2',
      `node ${status.nodeId} belongs to a cluster that this node has no configuration of`,
    );
    transition.state.foreignConfiguration = true;
    return;
  }
  const { registered } = transition.state;
  if (registered !== null && isOpenServer(transition)) bootstrap(transition, registered);
}

export function onRegistered(transition: Transition, voters: readonly Voter[]): void {
  const { state } = transition;
  const known = new Map(state.registered?.map((voter) => [voter.nodeId, voter.incarnation]));
  // An answer was given by one incarnation; the next has to give its own.
  state.answeringVoters = state.answeringVoters.filter((nodeId) =>
    voters.some((voter) => voter.nodeId === nodeId && voter.incarnation === known.get(nodeId)),
  );
  state.registered = voters;
  if (state.reign !== null) askUnanswered(transition);
  if (state.durable.configuration === null && isOpenServer(transition)) {
    askUnanswered(transition);
    bootstrap(transition, voters);
  }
}

/**
 * The very first configuration: this node alone, made where its PostgreSQL is the primary and a majority of
 * all registered daemons, itself counted, knows of no configuration yet.
 */
function bootstrap(transition: Transition, voters: readonly Voter[]): void {
  const { state } = transition;
  const self = voters.find((voter) => voter.nodeId === transition.self);
  if (self === undefined || self.incarnation !== state.durable.incarnation || state.foreignConfiguration)
    return;
  const answering = new Set([transition.self, ...state.answeringVoters]);
  if (voters.filter((voter) => answering.has(voter.nodeId)).length < majorityOf(voters.length)) return;
  const { leaseMs, heartbeatIntervalMs } = state.parameters;
  transition.remember({
    configuration: {
      version: { term: 0, counter: 1 },
      voters: [self],
      leaseMs,
      heartbeatIntervalMs,
      paused: false,
      manual: false,
    },
  });
  transition.explain(
    '§2',
    'first voting configuration: this node alone; others join when their daemons answer',
  );
}
