/** Reads calendars beside the main thread, within limits of time and memory: nobody knows what strangers send. */
import { errorOf, FhirError, type Issue } from '../../../fhir/issue.ts';
import { Background, JobTooLarge, TooManyJobs } from '../../../runtime/background.ts';
import type { CalendarJob, CalendarWork } from './calendar-job.ts';

export type CalendarAnswer = { work: CalendarWork } | { refused: Issue[] };

const LIMITS = { deadlineMs: 30_000, maxHeapMb: 384, maxWaiting: 32 };

export class CalendarReader {
  // Always the compiled worker: a thread of Node 20 cannot load TypeScript.
  private readonly background = new Background<CalendarJob, CalendarAnswer>(
    new URL('../../../../dist/sync/ical/follow/calendar-worker.js', import.meta.url),
    LIMITS,
  );

  /** Throws FhirError: `too-costly` for a calendar that takes too much work, `throttled` when too many wait. */
  async read(job: CalendarJob): Promise<CalendarWork> {
    const answer = await this.background.run(job).catch(translated);
    if ('refused' in answer) throw errorOf(answer.refused);
    return answer.work;
  }

  close(): Promise<void> {
    return this.background.close();
  }
}

function translated(cause: unknown): never {
  if (cause instanceof JobTooLarge)
    throw new FhirError('too-costly', `The calendar takes too much work to read: ${cause.message}`, {
      expression: 'text/calendar',
      text: 'Ce calendrier demande trop de calcul : envoyez-le en plusieurs parties, ou avec moins de répétitions.',
    });
  if (cause instanceof TooManyJobs)
    throw new FhirError('throttled', `Too many calendars are being read: ${cause.message}`, {
      text: 'Trop de calendriers sont lus en ce moment : réessayez dans un instant.',
    });
  throw cause;
}
