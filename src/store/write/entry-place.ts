/** Names the entry of a Bundle in the refusals of the work that is done for it. */
import { FhirError, inEntry } from '../../fhir/issue.ts';

export type EntryPlace = <T>(index: number, work: () => Promise<T>) => Promise<T>;

export const atEntry: EntryPlace = async (index, work) => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof FhirError && error.status < 500 ? inEntry(error, index) : error;
  }
};
