/**
 * `$export` (FHIR Bulk Data Access): writes the resources of each type as NDJSON, one part after another. When a
 * process dies, the finished parts stay and another process continues. https://hl7.org/fhir/uv/bulkdata/export.html
 */
import { FhirError } from '../../fhir/issue.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import { parseDate } from '../../fhir/search/value.ts';
import { FRANCE } from '../../fhir/date.ts';
import type { BulkJob, BulkJobs } from '../../store/records/bulk-jobs.ts';
import type { Delivery } from '../../store/delivery/relay.ts';

const PER_PART = 5000;
/** A job that takes longer returns to the outbox and continues from there: a delivery must end within its lease. */
const MAX_STRETCH_MS = 20_000;

/** Reads `_type`, `_since` and `_outputFormat`. Throws FhirError (400) for any other parameter or value. */
export function readExport(query: string, offered: readonly string[]): Pick<BulkJob, 'types' | 'since'> {
  let types: string[] = [];
  let since: number | undefined;
  for (const { name, value } of parseQuery(query)) {
    if (name === '_type')
      types.push(
        ...value
          .split(',')
          .map((part) => part.trim())
          .filter(Boolean),
      );
    else if (name === '_since') since = parseDate(value, FRANCE).start;
    else if (name === '_outputFormat') {
      if (!['application/fhir+ndjson', 'application/ndjson', 'ndjson'].includes(value.replace(' ', '+')))
        throw refusal(
          name,
          'the only output format is application/fhir+ndjson',
          'seul application/fhir+ndjson est offert',
        );
    } else if (!['_format', '_pretty'].includes(name))
      throw refusal(name.slice(0, 64), 'is not supported', "n'est pas offert");
  }
  types = [...new Set(types)];
  const unknown = types.find((type) => !offered.includes(type));
  if (unknown !== undefined)
    throw refusal('_type', `${unknown.slice(0, 64)} is not served here`, `${unknown.slice(0, 64)} n'est pas servi ici`);
  return { types: types.length > 0 ? types : [...offered], since };
}

function refusal(name: string, english: string, french: string): FhirError {
  return new FhirError('value', `$export: ${name}: ${english}`, {
    expression: name,
    text: `Export : « ${name} » : ${french}.`,
  });
}

/**
 * `withdrawn` is asked before each type: why the owner may no longer export, if so. The export ends then, and what it
 * has written is deleted.
 */
export async function writeExport(
  jobs: BulkJobs,
  id: string,
  now: () => number,
  withdrawn: (owner: string) => Promise<string | undefined>,
  perPart = PER_PART,
): Promise<Delivery> {
  const started = now();
  const job = await jobs.find(id);
  // The job was cancelled, or has expired.
  if (job === undefined) return { outcome: 'delivered' };
  for (const type of job.types.filter((name) => !job.doneTypes.includes(name))) {
    const reason = await withdrawn(job.owner);
    if (reason !== undefined) {
      await jobs.fail(id);
      return { outcome: 'failed', reason };
    }
    while (await jobs.writePart(job, type, perPart)) {
      if (now() - started > MAX_STRETCH_MS) return { outcome: 'retry', reason: 'more to write' };
    }
    await jobs.typeDone(id, type);
  }
  return { outcome: 'delivered' };
}
