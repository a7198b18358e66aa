/**
 * A PostgreSQL of one's own, for tests that stop, freeze, promote and restart it: a cluster in a temporary folder on
 * a spare port, and standbys of it. `hasPostgres` is false where the programs are not installed.
 */
import { execFile, execFileSync } from 'node:child_process';
import { chownSync, existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import pg from 'pg';
import { freePort } from './rabbitmq.ts';

const FOLDERS = existsSync('/usr/lib/postgresql')
  ? readdirSync('/usr/lib/postgresql').map((version) => `/usr/lib/postgresql/${version}/bin`)
  : [];
/** The folder of `initdb` and `postgres`. */
export const POSTGRES_PROGRAMS = FOLDERS.filter((folder) => existsSync(join(folder, 'initdb'))).at(-1);

export const hasPostgres = POSTGRES_PROGRAMS !== undefined;

export interface OwnPostgres {
  port: number;
  /** `postgres://postgres@127.0.0.1:41234/postgres` */
  url: string;
  start(): void;
  /** `immediate`: as if the machine had lost its power. */
  stop(mode: 'fast' | 'immediate'): void;
  /** Stops every process of the cluster where it is, or lets them go on. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  /** A second cluster that follows this one. */
  standby(): Promise<OwnPostgres>;
  promote(): void;
  /** `ALTER SYSTEM ...`, in force at once. */
  alter(setting: string): Promise<void>;
  sql<T = Record<string, unknown>>(text: string): Promise<T[]>;
  remove(): void;
}

/** The programs refuse to run as root. */
export const POSTGRES_USER = userInfo().uid === 0 ? Number(execFileSync('id', ['-u', 'postgres'])) : undefined;

const AS_OWNER = { cwd: '/', ...(POSTGRES_USER ? { uid: POSTGRES_USER } : {}) };

function run(program: string, ...args: string[]): void {
  execFileSync(join(POSTGRES_PROGRAMS!, program), args, { stdio: 'ignore', ...AS_OWNER });
}

function runBeside(program: string, ...args: string[]): Promise<unknown> {
  return promisify(execFile)(join(POSTGRES_PROGRAMS!, program), args, AS_OWNER);
}

export async function ownPostgres(): Promise<OwnPostgres> {
  return open(await freePort(), async (folder) => {
    run('initdb', '-D', folder, '-U', 'postgres', '-A', 'trust', '--no-sync', '-E', 'UTF8');
  });
}

async function open(port: number, make: (folder: string) => Promise<unknown>): Promise<OwnPostgres> {
  const home = mkdtempSync(join(tmpdir(), 'creneau-postgres-'));
  if (POSTGRES_USER !== undefined) chownSync(home, POSTGRES_USER, -1);
  const folder = join(home, 'data');
  await make(folder);
  const settings = [
    ...[`port = ${port}`, "listen_addresses = '127.0.0.1'", `unix_socket_directories = '${home}'`],
    ...['fsync = off', 'max_wal_senders = 4', 'wal_level = replica', 'hot_standby = on'],
    ...['shared_buffers = 32MB', 'max_connections = 60'],
  ];
  writeFileSync(join(folder, 'postgresql.auto.conf'), `${settings.join('\n')}\n`, { flag: 'a' });
  const url = `postgres://postgres@127.0.0.1:${port}/postgres`;
  const control = (...args: string[]): void =>
    run('pg_ctl', '-D', folder, '-w', '-t', '120', '-l', join(home, 'log'), ...args);
  let isRunning = false;
  const own: OwnPostgres = {
    port,
    url,
    start() {
      control('start');
      isRunning = true;
    },
    stop(mode) {
      control('stop', '-m', mode);
      isRunning = false;
    },
    signal(signal) {
      const [main] = readFileSync(join(folder, 'postmaster.pid'), 'utf8').split('\n');
      const all = execFileSync('ps', ['-o', 'pid=', '--ppid', main!]).toString().split('\n').filter(Boolean);
      for (const pid of [main!, ...all]) process.kill(Number(pid), signal);
    },
    async standby() {
      // Beside: those who write meanwhile go on.
      return open(await freePort(), (copy) =>
        runBeside('pg_basebackup', '-D', copy, '-d', url, '-R', '-c', 'fast', '--no-sync'),
      );
    },
    async alter(setting) {
      // The session's own default does not matter.
      await own.sql(`ALTER SYSTEM ${setting}`);
      await own.sql('SELECT pg_reload_conf()');
    },
    promote: () => control('promote'),
    async sql(text) {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      try {
        return (await client.query(text)).rows;
      } finally {
        await client.end();
      }
    },
    remove() {
      if (isRunning) own.stop('immediate');
      rmSync(home, { recursive: true, force: true });
    },
  };
  return own;
}
