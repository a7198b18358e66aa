/**
 * A server in several processes on one port (Node's cluster). This process serves nothing itself: it starts the
 * workers, replaces those that die, carries what they tell each other, and stops them together.
 */
import cluster, { type Worker } from 'node:cluster';
import { type Log, openLog } from '../runtime/log.ts';
import { onHangup } from './commands/signal.ts';
import type { Config } from '../runtime/config.ts';
import type { PrimaryMessage, WorkerMessage } from '../runtime/siblings.ts';

/** A worker that dies sooner is replaced later, and later each time, so that nothing spins. */
const EARLY_MS = 10_000;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 30_000;
/** The part of a worker that is busy is left out after this time. */
const GATHER_MS = 1_500;

interface Hand {
  worker: Worker;
  startedAt: number;
  isServing: boolean;
}

/**
 * Starts so many workers, each of which runs this same command; settles with the address once all of them serve.
 * Throws when one cannot start.
 */
export function startWorkers({ workers, logLevel }: Config, reread: () => Config): Promise<string> {
  return new Crew(workers, openLog(logLevel), reread).start();
}

class Crew {
  private readonly count: number;
  private readonly log: Log;
  private readonly reread: () => Config;
  private readonly hands = new Map<number, Hand>();
  private readonly gathering = new Map<string, (part: unknown) => void>();
  private isComplete = false;
  private isStopping = false;
  private hasFailed = false;
  private replaced = 0;
  private pauseMs = FIRST_PAUSE_MS;

  constructor(count: number, log: Log, reread: () => Config) {
    this.count = count;
    this.log = log;
    this.reread = reread;
  }

  start(): Promise<string> {
    // Each worker accepts for itself: a connection that this process hands to one that is just dying would hang.
    cluster.schedulingPolicy = cluster.SCHED_NONE;
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => this.stop());
    onHangup(() => this.reload());
    return new Promise((resolve, reject) => {
      cluster.on('message', (worker, message: WorkerMessage) => {
        if (message.kind === 'serving') this.noteServing(worker, message.url, resolve);
        else this.carry(worker, message);
      });
      cluster.on('exit', (worker, code, signal) => {
        const hand = this.hands.get(worker.id);
        this.hands.delete(worker.id);
        if (this.isStopping) return this.noteEnd(code === 0);
        if (this.isComplete) return this.replace(hand!, code, signal);
        // It has said why.
        this.isStopping = true;
        for (const { worker: other } of this.hands.values()) other.process.kill('SIGKILL');
        reject(new Error(`un processus ne démarre pas / a process does not start (${signal ?? code})`));
      });
      for (let i = 0; i < this.count; i++) this.fork();
    });
  }

  private fork(): void {
    const worker = cluster.fork();
    this.hands.set(worker.id, { worker, startedAt: performance.now(), isServing: false });
  }

  private noteServing(worker: Worker, url: string, resolve: (url: string) => void): void {
    const hand = this.hands.get(worker.id);
    if (hand !== undefined) hand.isServing = true;
    if (this.isComplete || [...this.hands.values()].some(({ isServing }) => !isServing)) return;
    this.isComplete = true;
    resolve(url);
  }

  private replace({ worker, startedAt }: Hand, code: number, signal: string | null): void {
    this.replaced++;
    this.pauseMs = performance.now() - startedAt > EARLY_MS ? FIRST_PAUSE_MS : Math.min(this.pauseMs * 2, MAX_PAUSE_MS);
    this.log.error(
      { pid: worker.process.pid, code, signal, pauseMs: this.pauseMs },
      'a worker has ended; another one takes its place',
    );
    setTimeout(() => {
      if (!this.isStopping) this.fork();
    }, this.pauseMs);
  }

  /** Each signal is passed on: the second one cuts what the first one lets end. */
  private stop(): void {
    this.isStopping = true;
    for (const { worker } of this.hands.values()) post(worker, { kind: 'stop' });
    if (this.hands.size === 0) process.exit(0);
  }

  /** The workers say what is wrong with the settings. */
  private reload(): void {
    try {
      this.log.level = this.reread().logLevel;
    } catch {}
    for (const { worker } of this.hands.values()) post(worker, { kind: 'reload' });
  }

  private noteEnd(isClean: boolean): void {
    this.hasFailed ||= !isClean;
    if (this.hands.size === 0 && this.isComplete) process.exit(this.hasFailed ? 1 : 0);
  }

  private carry(from: Worker, message: WorkerMessage): void {
    if (message.kind === 'tell') {
      for (const { worker } of this.hands.values()) if (worker !== from) post(worker, message);
    } else if (message.kind === 'part') this.gathering.get(`${from.id} ${message.id}`)?.(message.data);
    else if (message.kind === 'gather') void this.gather(from, message.id);
  }

  private async gather(asker: Worker, id: number): Promise<void> {
    // Numbers of two workers may be the same.
    const ticket = id * 1000 + asker.id;
    const parts = await Promise.all(
      [...this.hands.values()].filter(({ isServing }) => isServing).map(({ worker }) => this.partOf(worker, ticket)),
    );
    post(asker, { kind: 'gathered', id, parts: [...parts.filter((part) => part !== undefined), this.figures()] });
  }

  private partOf(worker: Worker, ticket: number): Promise<unknown> {
    const key = `${worker.id} ${ticket}`;
    return new Promise<unknown>((resolve) => {
      this.gathering.set(key, resolve);
      setTimeout(resolve, GATHER_MS).unref();
      post(worker, { kind: 'report', id: ticket });
    }).finally(() => this.gathering.delete(key));
  }

  /** The figures that this process alone knows, in the form of prom-client. */
  private figures(): object[] {
    const serving = [...this.hands.values()].filter(({ isServing }) => isServing).length;
    const figure = (name: string, help: string, type: string, value: number): object => ({
      ...{ name, help, type, aggregator: 'sum', values: [{ value, labels: {} }] },
    });
    return [
      figure('creneau_workers', 'Processes that serve', 'gauge', serving),
      figure('creneau_workers_replaced_total', 'Processes that ended and were replaced', 'counter', this.replaced),
    ];
  }
}

function post(worker: Worker, message: PrimaryMessage): void {
  if (worker.isConnected()) worker.send(message);
}
