/** A write that always comes too late is given up, and costs little until then. */
import { afterEach, expect, it, vi } from 'vitest';
import { FhirError } from '../../fhir/issue.ts';
import type { Database } from '../engine/database.ts';
import { Repository } from './repository.ts';
import type { WriteRules } from './write-rules.ts';

afterEach(() => {
  vi.useRealTimers();
});

it('ends after twenty seconds with 503, and asks the database forty times a second', async () => {
  vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
  const repository = new Repository({} as Database, {} as WriteRules);
  let attempts = 0;
  const given = repository.retry(async () => {
    attempts++;
    throw new FhirError('exception', 'gave way', { cause: { code: '40001' } });
  });
  const outcome = expect(given).rejects.toMatchObject({ code: 'transient' });
  await vi.advanceTimersByTimeAsync(19_000);
  expect(attempts).toBeGreaterThan(100);
  await vi.advanceTimersByTimeAsync(1_100);
  await outcome;
  expect(attempts).toBeLessThan(1_000);
  // Nothing goes on afterwards.
  const before = attempts;
  await vi.advanceTimersByTimeAsync(60_000);
  expect(attempts).toBe(before);
});
