/** The thread that reads calendars: a job in, its work or a refusal out. */
import { parentPort } from 'node:worker_threads';
import { FhirError } from '../../../fhir/issue.ts';
import { type CalendarJob, readCalendarJob } from './calendar-job.ts';
import type { CalendarAnswer } from './calendar-reader.ts';

const port = parentPort!;

port.on('message', (job: CalendarJob) => {
  try {
    port.postMessage({ result: { work: readCalendarJob(job) } satisfies CalendarAnswer });
  } catch (error) {
    if (error instanceof FhirError) port.postMessage({ result: { refused: error.issues } satisfies CalendarAnswer });
    else port.postMessage({ error: (error as Error).stack ?? String(error) });
  }
});
