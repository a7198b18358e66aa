/** Jobs in a thread of their own: they end at their limits, whatever they do, and the next one is done. */
import { afterEach, expect, it } from 'vitest';
import { Background, JobTooLarge, TooManyJobs } from './background.ts';

/** Answers a number with its double; `loop` never answers, `heap` takes all memory, `throw` fails. */
const WORKER = new URL(
  `data:text/javascript,${encodeURIComponent(`
    import { parentPort } from 'node:worker_threads';
    parentPort.on('message', (job) => {
      if (job === 'loop') for (;;);
      if (job === 'heap') for (const list = []; ; ) list.push(new Array(10_000).fill(list.length));
      if (job === 'throw') parentPort.postMessage({ error: 'thrown' });
      else parentPort.postMessage({ result: job * 2 });
    });`)}`,
);

let background: Background<number | string, number> | undefined;
const open = (maxWaiting = 10, deadlineMs = 1_000): Background<number | string, number> => {
  background = new Background(WORKER, { deadlineMs, maxHeapMb: 32, maxWaiting });
  return background;
};
afterEach(() => background?.close());

it('are done one after another', async () => {
  const jobs = open(10, 30_000);
  expect(await Promise.all([1, 2, 3].map((job) => jobs.run(job)))).toEqual([2, 4, 6]);
  await expect(jobs.run('throw')).rejects.toThrow('thrown');
  expect(await jobs.run(4)).toBe(8);
});

it('that never end, or take all memory, are ended; those that wait are done', async () => {
  const jobs = open(10, 3_000);
  const [loop, heap, next] = [jobs.run('loop'), jobs.run('heap'), jobs.run(5)];
  await expect(loop).rejects.toThrow(JobTooLarge);
  await expect(heap).rejects.toThrow(JobTooLarge);
  expect(await next).toBe(10);
});

it('are refused when too many wait, and when the program ends', async () => {
  const jobs = open(1, 30_000);
  const all = [jobs.run('loop'), jobs.run(6), jobs.run(7)].map((run) => run.catch((error: Error) => error));
  expect(await all[2]).toBeInstanceOf(TooManyJobs);
  await jobs.close();
  expect(await Promise.all(all)).toEqual(all.map(() => expect.any(TooManyJobs)));
});

it('a thread that cannot start is a fault of ours, not of the job', async () => {
  background = new Background(new URL('data:text/javascript,throw new Error("no thread")'), {
    ...{ deadlineMs: 30_000, maxHeapMb: 32, maxWaiting: 1 },
  });
  const error = await background.run(1).catch((cause: Error) => cause);
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(JobTooLarge);
});
