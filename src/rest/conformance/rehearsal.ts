/**
 * The rules of a write for `$validate` with `mode` create or update: the write is decided as if it were sent, and not
 * committed. Whether the time or the identifier is taken is decided by the commit alone, and so not here.
 */
import type { Context } from '../../fhir/interaction.ts';
import { FhirError, type Issue, issue } from '../../fhir/issue.ts';
import { cloneJson } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import type { Backend, OperationCall } from '../backend.ts';

export type Rehearsed = Pick<Backend, 'served' | 'create' | 'update' | 'tolerate'>;

/** The refusals of the write. A caller who may not write learns nothing of what is stored. */
export async function rehearse(
  backend: Rehearsed,
  context: Context,
  { type, mayAsk }: OperationCall,
  resource: Resource,
  mode: 'create' | 'update',
): Promise<Issue[]> {
  if (type !== resource.resourceType || !backend.served.get(type)?.includes(mode)) return [];
  const address = mode === 'create' ? type : `${type}/${resource.id}`;
  if (mode === 'update' && resource.id === undefined) return [];
  if (mayAsk?.(mode === 'create' ? 'POST' : 'PUT', address) !== true) return [unasked()];
  const rehearsal: Context = { ...context, isRehearsal: true };
  const written = cloneJson(resource);
  backend.tolerate?.(rehearsal, written);
  try {
    if (mode === 'create') await backend.create(rehearsal, written);
    else await backend.update(rehearsal, written, resource.id, {});
    return [];
  } catch (error) {
    if (!(error instanceof FhirError) || error.code === 'transient') throw error;
    return error.issues.filter(({ severity }) => severity === 'error' || severity === 'fatal');
  }
}

function unasked(): Issue {
  return issue('information', 'informational', 'not judged: the rules of writes, which this caller may not ask', {
    text: "Non jugé : les règles d'écriture, que vous ne pouvez pas interroger.",
  });
}
