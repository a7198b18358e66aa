/** A path between a server and its database that a test cuts, freezes or slows down. */
import { connect, createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';

export interface TcpProxy {
  port: number;
  /** The same database, through this path. */
  url: string;
  /** Ends all connections with a reset. */
  cut(): void;
  /**
   * No byte passes any more on the connections that are open, in either direction, and nobody is told. The far side is
   * ended after `endAfterMs`, as the keep-alive of a real server would end it.
   */
  freeze(endAfterMs?: number): void;
  /** From now on nothing passes, and new connections are accepted in silence, as behind a cable that is unplugged. */
  isolate(): void;
  /** Things pass again. The connections of the time before are ended with a reset. */
  rejoin(): void;
  /** Answers of connections that are opened from now on come so much later. */
  delayAnswers(ms: number): void;
  /** Decides about what a client sends, before it is passed on. */
  onRequest(listener: ((bytes: Buffer) => Fate) | undefined): void;
  /** Ends all connections; new ones go to another port of the same machine. */
  leadTo(port: number): void;
  /** Connections that are open. */
  count(): number;
  close(): Promise<void>;
}

/**
 * The fate of a request: `cut-before`: it never arrives. `cut-after`: it arrives, no answer comes back. `late`: the
 * client is cut off, and the request arrives a second later all the same.
 */
export type Fate = 'pass' | 'cut-before' | 'cut-after' | 'late';

const LATE_MS = 1000;

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
  let target = name.startsWith('/') ? { path: `${name}/.s.PGSQL.${port}` } : { host: name, port: Number(port) };
  const paths = new Set<Path>();
  let delayMs = 0;
  let listener: ((bytes: Buffer) => Fate) | undefined;
  let isIsolated = false;

  const server: Server = createServer((near) => {
    const far = connect(target);
    const path: Path = { near, far, isFrozen: isIsolated, delayMs };
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
      if (fate === 'late') return arriveLate(path, bytes);
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
  /** The far side lives on, without anybody who reads its answers. */
  const arriveLate = (path: Path, bytes: Buffer): void => {
    path.isFrozen = true;
    paths.delete(path);
    path.near.resetAndDestroy();
    setTimeout(() => path.far.end(bytes), LATE_MS);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const own = (server.address() as AddressInfo).port;
  return {
    port: own,
    url: `${head}127.0.0.1:${own}${rest}`,
    cut() {
      for (const path of paths) reset(path);
    },
    freeze(endAfterMs) {
      const frozen = [...paths];
      for (const path of frozen) path.isFrozen = true;
      if (endAfterMs === undefined) return;
      setTimeout(() => {
        for (const { far } of frozen) far.destroy();
      }, endAfterMs).unref();
    },
    isolate() {
      isIsolated = true;
      for (const path of paths) path.isFrozen = true;
    },
    rejoin() {
      isIsolated = false;
      for (const path of paths) if (path.isFrozen) reset(path);
    },
    leadTo(next) {
      target = { host: '127.0.0.1', port: next };
      for (const path of paths) reset(path);
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
