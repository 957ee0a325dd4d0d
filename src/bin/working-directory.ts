import { ConfigurationError } from '../domain/errors/repmgr-error.ts';

/**
 * The directory this process was started in.
 * @throws ConfigurationError when it was removed since.
 */
export function workingDirectory(): string {
  // $PWD keeps symbolic links, which getcwd() does not.
  const named = process.env['PWD'];
  if (named !== undefined && named !== '') return named;
  try {
    return process.cwd();
  } catch (error) {
    throw new ConfigurationError('the current directory does not exist any more', {
      hint: 'change to another one and repeat the command',
      cause: error,
    });
  }
}
