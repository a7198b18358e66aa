/** The name of an agenda in the French text of a refusal. Patients are never named. */
import { localTarget } from '../fhir/local-reference.ts';
import { asType, isType } from '../fhir/resources.ts';
import { nameOf } from '../fhir/shared-elements.ts';
import { readResources } from '../store/resources/read-resources.ts';
import type { ResourceReader } from '../store/resources/resource-reader.ts';

/** `l'agenda « Dr Anne Vasseur »`: the professionals, else the places and things; `cet agenda` without a name. */
export async function agendaName(reader: ResourceReader, { actors }: { actors: readonly string[] }): Promise<string> {
  if (actors.some((actor) => /^(Patient|RelatedPerson)\//.test(actor))) return "l'agenda du patient";
  const named = await readResources(reader, actors);
  const behindRoles = named.flatMap((actor) => localTarget(asType(actor, 'PractitionerRole')?.practitioner) ?? []);
  const people = [
    ...named.filter((actor) => isType(actor, 'Practitioner')),
    ...(await readResources(reader, behindRoles)),
  ];
  const all = people.length > 0 ? people : named;
  const names = new Set(all.flatMap((actor) => nameOf(actor) ?? []));
  return names.size === 0 ? 'cet agenda' : `l'agenda « ${[...names].join(', ')} »`;
}
