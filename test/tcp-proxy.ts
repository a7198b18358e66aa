/** A path between a server and its database that a test cuts, freezes or slows down. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface TcpProxy {
  port: number;
  /** The same database, through this path. */
  url: string;
  /** Ends all connections with a reset. */
  cut(): void;
  /** No byte passes any more on the connections that are open, in either direction, and nobody is told. */
  freeze(): void;
  /** Answers of connections that are opened from now on come so much later. */
  delayAnswers(ms: number): void;
  /**
   * Called with what a client sends, before it is passed on; true: it goes to the server, but no answer comes back.
   */
  onRequest(listener: ((bytes: Buffer) => 'pass' | 'cut-before' | 'cut-after') | undefined): void;
  /** Connections that are open. */
  count(): number;
  close(): Promise<void>;
}

interface Path {
  near: Socket;
  far: Socket;
  isFrozen: boolean;
  delayMs: number;
}

/** `url`: of a PostgreSQL server on TCP or on a Unix socket (`postgres://user@%2Fvar%2Frun%2Fpostgresql/name`). */
export async function openTcpProxy(url: string): Promise<TcpProxy> {
  const [, head = '', host = '', port = '5432', rest = ''] = /^(\w+:\/\/(?:[^@/]*@)?)([^:/]*)(?::(\d+))?(.*)$/.exec(
    url,
  )!;
  const name = decodeURIComponent(host) || '127.0.0.1';
  const target = name.startsWith('/') ? { path: `${name}/.s.PGSQL.${port}` } : { host: name, port: Number(port) };
  const paths = new Set<Path>();
  let delayMs = 0;
  let listener: ((bytes: Buffer) => 'pass' | 'cut-before' | 'cut-after') | undefined;

  const server: Server = createServer((near) => {
    const far = connect(target);
    const path: Path = { near, far, isFrozen: false, delayMs };
    paths.add(path);
    const end = (): void => {
      if (path.isFrozen) return;
      paths.delete(path);
      near.destroy();
      far.destroy();
    };
    for (const socket of [near, far]) socket.on('error', end).on('close', end);
    near.on('data', (bytes) => {
      if (path.isFrozen) return;
      const fate = listener?.(bytes) ?? 'pass';
      if (fate === 'cut-before') return reset(path);
      far.write(bytes);
      // The server does its work; whoever asked is never told.
      if (fate === 'cut-after') {
        path.isFrozen = true;
        setTimeout(() => reset(path), 20);
      }
    });
    far.on('data', (bytes) => {
      const pass = (): void => {
        if (!path.isFrozen && !near.destroyed) near.write(bytes);
      };
      if (path.delayMs === 0) pass();
      else setTimeout(pass, path.delayMs);
    });
  });
  const reset = (path: Path): void => {
    path.isFrozen = false;
    paths.delete(path);
    path.near.resetAndDestroy();
    path.far.destroy();
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  return {
    port: own,
    url: `${head}127.0.0.1:${own}${rest}`,
    cut() {
      for (const path of paths) reset(path);
    },
    freeze() {
      for (const path of paths) path.isFrozen = true;
    },
    delayAnswers(ms) {
      delayMs = ms;
    },
    onRequest(next) {
      listener = next;
    },
    count: () => paths.size,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const path of paths) reset(path);
      await closed;
    },
  };
}
