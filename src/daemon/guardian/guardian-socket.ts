import { closeSync, constants, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';

const socketFile = 'guardian.sock';
const pidFile = 'guardian.pid';

export interface GuardianPid {
  readonly pid: number;
  readonly startTicks: string;
}

export function writeGuardianPid(directory: string, { pid, startTicks }: GuardianPid): void {
  writeFileSync(join(directory, pidFile), `${pid} ${startTicks}\n`, { mode: 0o600 });
}

/** Undefined when no guardian has ever written it. */
export function readGuardianPid(directory: string): GuardianPid | undefined {
  try {
    const [pid, startTicks = ''] = readFileSync(join(directory, pidFile), 'utf8').trim().split(' ');
    return { pid: Number(pid), startTicks };
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/**
 * Calls `use` with a name of the socket that is short enough: the path of a Unix socket may have 107 bytes
 * (unix(7)), and a state directory may have more. Linux names an open directory in /proc.
 */
async function withSocketPath<T>(directory: string, use: (path: string) => Promise<T>): Promise<T> {
  const plain = join(directory, socketFile);
  if (Buffer.byteLength(plain) <= 100 || process.platform !== 'linux') return use(plain);
  const descriptor = openSync(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  try {
    return await use(`/proc/self/fd/${descriptor}/${socketFile}`);
  } finally {
    closeSync(descriptor);
  }
}

/** Only the user of the state directory can reach it. A socket that a dead guardian left behind is replaced. */
export function listenForDaemon(directory: string, onConnection: (socket: Socket) => void): Promise<Server> {
  rmSync(join(directory, socketFile), { force: true });
  return withSocketPath(
    directory,
    (path) =>
      new Promise((resolve, reject) => {
        const server = createServer(onConnection);
        server.once('error', reject);
        server.listen(path, () => resolve(server));
      }),
  );
}

/** Undefined when no guardian listens there. */
export function connectToGuardian(directory: string): Promise<Socket | undefined> {
  return withSocketPath(
    directory,
    (path) =>
      new Promise((resolve) => {
        const socket = connect(path);
        socket.once('connect', () => resolve(socket));
        socket.once('error', () => resolve(undefined));
      }),
  );
}
