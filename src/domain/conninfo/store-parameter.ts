import { conninfoError } from './conninfo-error.ts';
import { isConninfoKeyword } from './keywords.ts';

/**
 * Stores one keyword and its value; the last value of a repeated keyword wins.
 * @throws ConfigurationError on a keyword that libpq does not know.
 */
export function storeParameter(parameters: Map<string, string>, keyword: string, value: string): void {
  // libpq still translates the option of PostgreSQL 7.x.
  if (keyword === 'requiressl') {
    parameters.set('sslmode', value.startsWith('1') ? 'require' : 'prefer');
    return;
  }
  if (!isConninfoKeyword(keyword)) throw conninfoError(`invalid connection option "${keyword}"`);
  parameters.set(keyword, value);
}
