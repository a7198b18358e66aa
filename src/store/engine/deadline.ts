/** Limits to waiting, for whatever several callers wait for together. */
import { FhirError } from '../../fhir/issue.ts';

/** The same promise, refused when it has not settled in time: as `transient` (503), or with the error of `late`. */
export async function withDeadline<T>(work: Promise<T>, limitMs: number, late = tooSlow): Promise<T> {
  let limit: NodeJS.Timeout | undefined;
  const refused = new Promise<never>((_, reject) => {
    limit = setTimeout(() => reject(late()), limitMs);
  });
  try {
    return await Promise.race([work, refused]);
  } finally {
    clearTimeout(limit);
  }
}

function tooSlow(): Error {
  return new FhirError('transient', 'The database does not answer in time; try again', {
    text: 'La base de données ne répond pas assez vite : réessayez dans un instant.',
  });
}
