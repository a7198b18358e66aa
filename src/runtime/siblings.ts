/**
 * The other processes of a server that runs in several (`--workers`), as one of them sees them. Their messages pass
 * the process that started them (cli/workers.ts).
 */
import cluster from 'node:cluster';

/** Between a worker and the process that started it. */
export type WorkerMessage =
  | { kind: 'serving'; url: string }
  | { kind: 'tell'; topic: string; data: unknown }
  | { kind: 'gather'; id: number }
  | { kind: 'part'; id: number; data: unknown };

export type PrimaryMessage =
  | { kind: 'stop' }
  | { kind: 'reload' }
  | { kind: 'tell'; topic: string; data: unknown }
  | { kind: 'report'; id: number }
  | { kind: 'gathered'; id: number; parts: unknown[] };

export interface Siblings {
  /** Tells all others; nobody answers. */
  tell(topic: string, data: unknown): void;
  on(topic: string, listener: (data: unknown) => void): void;
  /** The part of this process, whenever somebody gathers. */
  report(read: () => unknown): void;
  /** The parts of all processes that answer in time, this one included. */
  gather(): Promise<unknown[]>;
  serving(url: string): void;
  /** Calls back each time that the process is told to stop. */
  onStop(listener: () => void): void;
  /** Calls back each time that the process is told to read its files again. */
  onReload(listener: () => void): void;
}

let own: Siblings | undefined;

/** `undefined` in a process that has none. */
export function siblings(): Siblings | undefined {
  if (!cluster.isWorker) return undefined;
  own ??= openSiblings();
  return own;
}

function openSiblings(): Siblings {
  const listeners = new Map<string, ((data: unknown) => void)[]>();
  const waiting = new Map<number, (parts: unknown[]) => void>();
  const stopListeners: (() => void)[] = [];
  const reloadListeners: (() => void)[] = [];
  let read: () => unknown = () => undefined;
  let last = 0;
  const send = (message: WorkerMessage): void => {
    if (process.connected) process.send!(message);
  };
  process.on('message', async (message: PrimaryMessage) => {
    if (message.kind === 'stop') for (const listener of stopListeners) listener();
    else if (message.kind === 'reload') for (const listener of reloadListeners) listener();
    else if (message.kind === 'tell') for (const listener of listeners.get(message.topic) ?? []) listener(message.data);
    else if (message.kind === 'report') send({ kind: 'part', id: message.id, data: await read() });
    else if (message.kind === 'gathered') waiting.get(message.id)?.(message.parts);
  });
  return {
    tell: (topic, data) => send({ kind: 'tell', topic, data }),
    on: (topic, listener) => void listeners.set(topic, [...(listeners.get(topic) ?? []), listener]),
    report(next) {
      read = next;
    },
    async gather() {
      const id = ++last;
      const parts = new Promise<unknown[]>((resolve) => waiting.set(id, resolve));
      send({ kind: 'gather', id });
      return parts.finally(() => waiting.delete(id));
    },
    serving: (url) => send({ kind: 'serving', url }),
    onStop: (listener) => void stopListeners.push(listener),
    onReload: (listener) => void reloadListeners.push(listener),
  };
}
