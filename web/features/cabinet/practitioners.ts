/** The practitioners of a practice, and those who are added by the number of the national register. */
import { IDNPS } from '../../../src/fhir/french/identifiers.ts';
import type { Resource } from '../../../src/fhir/resource.ts';
import { isType, list, type PractitionerRole } from '../../../src/fhir/resources.ts';
import { ask, create, search } from '../../fhir/client.ts';
import { actorName, conceptName } from '../../fhir/names.ts';

export interface PracticeRole {
  id: string;
  name: string;
  /** Without the digit that says which register it is of. */
  rpps: string;
  specialty: string;
  /** `Location/x` */
  place: string | undefined;
  practitioner: string;
}

/** Somebody to be added. */
export interface NewPractitioner {
  prefix: string;
  family: string;
  given: string;
  rpps: string;
  /** Code of TRE_R38, where the register says it. */
  specialty?: { code: string; display: string } | undefined;
}

const R38 = 'https://mos.esante.gouv.fr/NOS/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale';

export async function rolesOfPractice(practice: string, signal?: AbortSignal): Promise<PracticeRole[]> {
  const page = await search(
    'PractitionerRole',
    { organization: practice, _include: 'PractitionerRole:practitioner', _count: '200' },
    signal,
  );
  return page.matches.map((role) => roleOf(role, page.included));
}

function roleOf(role: PractitionerRole, people: readonly Resource[]): PracticeRole {
  const reference = role.practitioner?.reference ?? '';
  const person = people.find(({ resourceType, id }) => `${resourceType}/${id}` === reference);
  return {
    id: role.id ?? '',
    name: actorName(person),
    rpps: person !== undefined && isType(person, 'Practitioner') ? rppsOf(person) : '',
    specialty: conceptName(list(role.specialty)[0]),
    place: list(role.location)[0]?.reference,
    practitioner: reference,
  };
}

function rppsOf(person: Resource & { identifier?: { system?: string; value?: string }[] }): string {
  const value = list(person.identifier).find(({ system }) => system === IDNPS)?.value ?? '';
  return value.length === 12 ? value.slice(1) : value;
}

/** The person exists once, whoever has added him or her before; the role is that of this practice. */
export async function addPractitioner(practice: string, place: string, added: NewPractitioner): Promise<void> {
  const { prefix, family, given, rpps, specialty } = added;
  const value = `8${rpps.replaceAll(/\s/g, '')}`;
  const { json } = await ask('/fhir/Practitioner', {
    method: 'POST',
    headers: { 'If-None-Exist': `identifier=${IDNPS}|${value}`, Prefer: 'return=representation' },
    body: {
      resourceType: 'Practitioner',
      active: true,
      identifier: [{ use: 'official', system: IDNPS, value }],
      name: [{ family, given: [given], ...(prefix === '' ? {} : { prefix: [prefix] }) }],
    },
  });
  const role: PractitionerRole = {
    resourceType: 'PractitionerRole',
    active: true,
    practitioner: { reference: `Practitioner/${json.id}` },
    organization: { reference: practice },
    ...(place === '' ? {} : { location: [{ reference: place }] }),
    ...(specialty === undefined ? {} : { specialty: [{ coding: [{ system: R38, ...specialty }] }] }),
  };
  await create(role);
}
