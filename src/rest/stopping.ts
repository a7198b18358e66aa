/**
 * The end of an HTTP server within a deadline. First readiness fails while everything is still served, so that
 * balancers send nobody any more; then the port closes, requests under way end, and whatever has not ended at the
 * deadline is cut: half-sent bodies, slow readers, silent connections.
 */
import type { Server } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyInstance } from 'fastify';
import { FhirError } from '../fhir/issue.ts';

/** How often to look for connections that have become idle. */
const LOOK_MS = 100;
/** A connection that has said nothing for so long says nothing. */
const SILENT_MS = 500;
/**
 * A balancer that asks nobody for readiness (nginx) says by this header that it asks another server after a 504. It
 * learns from the answer that this server is going away, while it can still repeat a request without doing it twice.
 */
const NEXT_SERVER_HEADER = 'creneau-next-server';
const REPEATABLE: ReadonlySet<string> = new Set(['GET', 'HEAD', 'PUT', 'DELETE']);
/** Turns of the event loop in which nobody came, and how many are tried. */
const QUIET_TURNS = 3;
const MAX_TURNS = 1000;

export interface Stopping {
  isDraining(): boolean;
  /** From now on answers end their connections, and readiness fails. */
  drain(): void;
  /** Closes the port, waits for requests under way, cuts what is left after `deadlineMs`. */
  close(deadlineMs: number): Promise<void>;
}

export function prepareStop(app: FastifyInstance): Stopping {
  const server = app.server as Server;
  /** Open connections, with the time when each was opened. */
  const sockets = new Map<Socket, number>();
  let accepted = 0;
  let isDraining = false;

  server.on('connection', (socket: Socket) => {
    accepted++;
    sockets.set(socket, performance.now());
    socket.once('close', () => sockets.delete(socket));
  });
  app.addHook('onRequest', async ({ method, headers }) => {
    if (isDraining && headers[NEXT_SERVER_HEADER] !== undefined && REPEATABLE.has(method)) throw goingAway();
  });
  app.addHook('onSend', async (_request, reply) => {
    if (isDraining) reply.header('Connection', 'close');
  });

  /**
   * Connections that the system has accepted and the program has not are reset when the port closes. Node takes one in
   * each turn of its event loop: after a few turns in which nobody came, there are none.
   */
  const acceptAll = async (): Promise<void> => {
    for (let turns = 0, quiet = 0; turns < MAX_TURNS && quiet < QUIET_TURNS; turns++) {
      const before = accepted;
      await new Promise((resolve) => setImmediate(resolve));
      quiet = accepted === before ? quiet + 1 : 0;
    }
  };
  /** A connection that never sent anything does not count as idle for Node. */
  const endIdle = (): void => {
    server.closeIdleConnections();
    for (const [socket, since] of sockets)
      if (socket.bytesRead === 0 && performance.now() - since > SILENT_MS) socket.destroy();
  };
  return {
    isDraining: () => isDraining,
    drain() {
      isDraining = true;
    },
    async close(deadlineMs) {
      isDraining = true;
      const looking = setInterval(endIdle, LOOK_MS);
      const deadline = setTimeout(() => {
        for (const socket of sockets.keys()) socket.destroy();
      }, deadlineMs);
      try {
        await acceptAll();
        const closed = new Promise((resolve) => server.close(resolve));
        await app.close();
        await closed;
      } finally {
        clearInterval(looking);
        clearTimeout(deadline);
      }
    },
  };
}

function goingAway(): FhirError {
  return new FhirError('transient', 'This server is going away: ask another one', {
    text: "Ce serveur s'arrête : un autre répond à sa place.",
    status: 504,
  });
}
