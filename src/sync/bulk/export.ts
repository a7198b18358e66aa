/**
 * The work of `$export` (FHIR Bulk Data Access): the resources of each type in parts of NDJSON, part after part, so
 * that a process that dies loses
 * none that is written and another one goes on. https://hl7.org/fhir/uv/bulkdata/export.html
 */
import { FhirError } from '../../fhir/issue.ts';
import { parseQuery } from '../../fhir/search/parse.ts';
import { parseDate } from '../../fhir/search/value.ts';
import { FRANCE } from '../../fhir/date.ts';
import type { BulkJob, BulkJobs } from '../../store/records/bulk-jobs.ts';
import type { Delivery } from '../../store/delivery/relay.ts';

const PER_PART = 5000;
/** Then the job goes back into the outbox and on: a delivery ends within its lease. */
const AT_A_STRETCH = 20_000;

/** Reads `_type`, `_since`, `_outputFormat`; throws 400 for what is not offered. */
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
        throw refused(name, 'only application/fhir+ndjson is written', 'seul application/fhir+ndjson est offert');
    } else if (!['_format', '_pretty'].includes(name))
      throw refused(name.slice(0, 64), 'is not offered', "n'est pas offert");
  }
  types = [...new Set(types)];
  const unknown = types.find((one) => !offered.includes(one));
  if (unknown !== undefined)
    throw refused('_type', `${unknown.slice(0, 64)} is not served here`, `${unknown.slice(0, 64)} n'est pas servi ici`);
  return { types: types.length > 0 ? types : [...offered], since };
}

function refused(name: string, english: string, french: string): FhirError {
  return new FhirError('value', `$export: ${name}: ${english}`, {
    expression: name,
    text: `Export : « ${name} » : ${french}.`,
  });
}

export async function writeExport(jobs: BulkJobs, id: string, perPart = PER_PART): Promise<Delivery> {
  const started = Date.now();
  const job = await jobs.find(id);
  // Cancelled, or over.
  if (job === undefined) return { outcome: 'delivered' };
  for (const type of job.types.filter((one) => !job.doneTypes.includes(one))) {
    while (await jobs.writePart(job, type, perPart)) {
      if (Date.now() - started > AT_A_STRETCH) return { outcome: 'retry', reason: 'more to write' };
    }
    await jobs.typeDone(id, type);
  }
  return { outcome: 'delivered' };
}
