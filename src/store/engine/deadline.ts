/** Limits to waiting, for whatever several callers wait for together. */
import { FhirError } from '../../fhir/issue.ts';

/** The same promise, refused as `transient` (503) when it has not settled in time. */
export async function withDeadline<T>(work: Promise<T>, limitMs: number): Promise<T> {
  let limit: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    limit = setTimeout(() => {
      reject(
        new FhirError('transient', 'The database does not answer in time; try again', {
          text: 'La base de données ne répond pas assez vite : réessayez dans un instant.',
        }),
      );
    }, limitMs);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(limit);
  }
}
