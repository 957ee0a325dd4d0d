import { ConfigurationError } from '../errors/repmgr-error.ts';

/** `message` is libpq's own text, as administrators know it from psql and the server log. */
export function conninfoError(message: string): ConfigurationError {
  return new ConfigurationError(message, {
    hint: 'write the connection string as "host=node1 user=repmgr dbname=repmgr" or as a postgresql:// URI',
  });
}
