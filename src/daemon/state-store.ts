import { type DurableState, emptyDurableState } from '../decisions/failover/state.ts';
import { ConfigurationError } from '../domain/errors/repmgr-error.ts';
import { decode, durableState, toJsonValue } from './wire/schemas.ts';

/** The generic part, a JSON file replaced in one step; see `host/files/durable-json-file.ts`. */
export interface JsonFile {
  readonly path: string;
  read(): Promise<unknown>;
  write(value: unknown): Promise<void>;
}

export interface StateStore {
  readonly path: string;
  /** @throws ConfigurationError when the file exists and can't be understood: better no vote than a second one. */
  load(incarnation: string): Promise<DurableState>;
  /** Resolves when the state survives a power cut. */
  save(durable: DurableState): Promise<void>;
}

export function createStateStore(file: JsonFile): StateStore {
  return {
    path: file.path,
    load: async (incarnation) => {
      const content = await file.read();
      if (content === undefined) return emptyDurableState(incarnation);
      const state = decode(durableState, content);
      if (state !== undefined)
        return state.incarnation === incarnation ? state : emptyDurableState(incarnation);
      throw new ConfigurationError(`the state file "${file.path}" is not what this daemon writes`, {
        hint: 'restore it, or unregister this node, remove its state directory and register it again',
        facts: { file: file.path },
      });
    },
    save: (durable) => file.write(toJsonValue(durable)),
  };
}
