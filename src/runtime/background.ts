/**
 * Work on what strangers send, in a thread of its own: it takes no turn from anybody else, and it ends at a deadline or
 * at a bound of memory, whatever was sent. One job after another.
 */
import { Worker } from 'node:worker_threads';

export interface BackgroundLimits {
  /** From the beginning of a job. */
  deadlineMs: number;
  maxHeapMb: number;
  /** Jobs that wait; more are refused. */
  maxWaiting: number;
}

/** Node's code of a thread that reached its bound of memory. */
const OUT_OF_MEMORY = 'ERR_WORKER_OUT_OF_MEMORY';

/** The job took more than its limits allow: sent again, it would again. */
export class JobTooLarge extends Error {}
/** Too many others wait: sent again later, the job may be done. */
export class TooManyJobs extends Error {}

interface Waiting<Job, Result> {
  job: Job;
  resolve(result: Result): void;
  reject(error: Error): void;
}

/** `file` answers each message with one, `{ result }` or `{ error }` (`answerJobs`). */
export class Background<Job, Result> {
  private readonly file: URL;
  private readonly limits: BackgroundLimits;
  private readonly waiting: Waiting<Job, Result>[] = [];
  private worker: Worker | undefined;
  private current: Waiting<Job, Result> | undefined;
  private timer: NodeJS.Timeout | undefined;

  constructor(file: URL, limits: BackgroundLimits) {
    this.file = file;
    this.limits = limits;
  }

  /** Throws JobTooLarge, TooManyJobs, or the error of the job. */
  run(job: Job): Promise<Result> {
    if (this.waiting.length >= this.limits.maxWaiting)
      return Promise.reject(new TooManyJobs(`${this.waiting.length} jobs wait already`));
    return new Promise((resolve, reject) => {
      this.waiting.push({ job, resolve, reject });
      this.next();
    });
  }

  async close(): Promise<void> {
    for (const { reject } of this.waiting.splice(0)) reject(new TooManyJobs('the server is stopping'));
    this.finish((current) => current.reject(new TooManyJobs('the server is stopping')));
    const { worker } = this;
    this.worker = undefined;
    await worker?.terminate();
  }

  private next(): void {
    if (this.current !== undefined) return;
    this.current = this.waiting.shift();
    if (this.current === undefined) return;
    this.worker ??= this.start();
    this.worker.ref();
    const { deadlineMs } = this.limits;
    this.timer = setTimeout(() => this.end(new JobTooLarge(`not done after ${deadlineMs} ms`)), deadlineMs);
    this.worker.postMessage(this.current.job);
  }

  private start(): Worker {
    const worker = new Worker(this.file, { resourceLimits: { maxOldGenerationSizeMb: this.limits.maxHeapMb } });
    worker.on('message', ({ result, error }: { result: Result; error?: string }) => {
      if (worker !== this.worker) return;
      worker.unref();
      this.finish((current) => (error === undefined ? current.resolve(result) : current.reject(new Error(error))));
      this.next();
    });
    worker.on('error', (error: Error & { code?: string }) => {
      // Any other error is a fault of ours, not of what was sent.
      if (worker === this.worker) this.end(error.code === OUT_OF_MEMORY ? new JobTooLarge(error.message) : error);
    });
    return worker;
  }

  /** Ends the thread with its job; the next job gets a new one. */
  private end(error: Error): void {
    void this.worker?.terminate();
    this.worker = undefined;
    this.finish((current) => current.reject(error));
    this.next();
  }

  private finish(settle: (current: Waiting<Job, Result>) => void): void {
    clearTimeout(this.timer);
    const { current } = this;
    this.current = undefined;
    if (current !== undefined) settle(current);
  }
}
