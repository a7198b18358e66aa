/** The references of a batch, led to the resources that they mean here. */
import { localTarget } from '../../fhir/local-reference.ts';
import { asType, isType, type PractitionerRole } from '../../fhir/resources.ts';
import type { DirectoryResource } from './entry.ts';
import { type KnownBatch, linkIn } from './known.ts';
import { completed } from './merge.ts';

/** The id of the place of a structure, as a reference. */
export function placeReference(structure: string): string {
  return `Location/${placeId(structure)}`;
}

function placeId(structure: string): string {
  return `lieu-${structure}`.slice(0, 64);
}

/** A text is the reason why it cannot be written. */
export function linkedRole(role: PractitionerRole, known: KnownBatch): PractitionerRole | string {
  const links = { practitioner: linkIn(role.practitioner), organization: linkIn(role.organization) };
  const person = links.practitioner && known.meant(links.practitioner);
  const structure = links.organization && known.meant(links.organization);
  if (links.practitioner !== undefined && person === undefined)
    return 'its practitioner is not here: load that file first';
  if (links.organization !== undefined && structure === undefined)
    return 'its structure is not here: load that file first';
  const place = structure && placeReference(structure.resource.id!);
  const practitioner = person && asType(person.resource, 'Practitioner');
  return completed(
    {
      ...role,
      ...(person === undefined ? {} : { practitioner: { reference: `Practitioner/${person.resource.id}` } }),
      ...(structure === undefined ? {} : { organization: { reference: `Organization/${structure.resource.id}` } }),
    },
    practitioner,
    place !== undefined && known.at(place) !== undefined ? place : undefined,
  );
}

/** A structure that is here under another id has its place there; a head office that is not here is left out. */
export function linkedStructure(resource: DirectoryResource, known: KnownBatch): DirectoryResource {
  if (isType(resource, 'Organization')) {
    const { partOf, ...rest } = resource;
    const link = linkIn(partOf);
    const head = link && known.meant(link);
    return head === undefined ? rest : { ...rest, partOf: { reference: `Organization/${head.resource.id}` } };
  }
  if (!isType(resource, 'Location')) return resource;
  const owner = known.meant({ local: localTarget(resource.managingOrganization) ?? '' });
  if (owner === undefined) return resource;
  const id = owner.resource.id!;
  return { ...resource, id: placeId(id), managingOrganization: { reference: `Organization/${id}` } };
}
