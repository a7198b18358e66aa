/**
 * The names that a message needs and an appointment does not have: the regulator's from the account, the practitioner's
 * and the structure's from answers of partners or from a directory that was loaded. All are resources of the store,
 * found by national identifier. Spec: 6.6
 */
import { FhirError } from '../../fhir/issue.ts';
import { readOperator } from '../../fhir/french/fr-extensions.ts';
import { equivalentTokens, IDNPS, IDNST } from '../../fhir/french/identifiers.ts';
import { parseJson } from '../../fhir/json.ts';
import type { CodeableConcept, Coding, Identifier, Json, Resource } from '../../fhir/resource.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import { nationalIdentifier, type SasIdentifier } from '../contract/identifier.ts';
import { isAccount } from '../contract/profile.ts';
import type { OrganizationPart, PractitionerPart, RegulatorPart } from './appointment-message.ts';
import { isText } from './envelope.ts';

/** Code systems of the specialty and of the profession, in any of their spellings. */
const SPECIALTY = /TRE[-_]R38/i;
const PROFESSION = /TRE[-_]G15/i;

/** A person or structure has few records. */
const MAX_RECORDS = 20;

/** Who booked. Throws `not-found` while no account holds the identifier: every message names its regulator. */
export async function regulatorOf(
  reader: ResourceReader,
  appointment: Resource,
): Promise<{ account: Resource; part: RegulatorPart }> {
  const identifier = readOperator(appointment)?.identifier;
  if (!isText(identifier?.value))
    throw new FhirError('required', 'The appointment names no regulator', {
      expression: 'Appointment.extension',
      text: 'Le rendez-vous ne nomme pas de régulateur.',
    });
  const accounts = (await find(reader, 'Practitioner', identifier)).filter(isAccount);
  const account = accounts.find((account) => account['active'] === true) ?? accounts[0];
  if (account === undefined)
    throw new FhirError('not-found', `No regulator account holds ${identifier.system}|${identifier.value}`, {
      text: `Aucun compte régulateur ne porte l'identifiant ${identifier.value}.`,
    });
  const { family, given } = nameOf(account);
  const email = ((account['telecom'] as Json[] | undefined) ?? []).find(
    (telecom) => telecom.system === 'email' && isText(telecom.value),
  )?.value;
  if (family === undefined || email === undefined)
    throw new FhirError('required', `Practitioner/${account.id} has no name or no e-mail`, {
      text: 'Le compte du régulateur n’a pas de nom ou pas de courriel.',
    });
  const identifiers = ((account['identifier'] as Identifier[] | undefined) ?? []).filter(
    ({ system }) => system === IDNPS,
  );
  const regulatorId = nationalIdentifier(identifiers[0], IDNPS)?.value;
  return {
    account,
    part: {
      ...(regulatorId === undefined ? {} : { regulatorId }),
      regulatorName: family,
      regulatorFirstname: given ?? '',
      regulatorEmail: email,
    },
  };
}

/** `undefined` when no practitioner is named, or the name is not known yet: an update can bring it later. */
export async function practitionerOf(
  reader: ResourceReader,
  appointment: Resource,
): Promise<PractitionerPart | undefined> {
  const identifier = actorOf(appointment, IDNPS);
  if (identifier === undefined) return undefined;
  const records = (await find(reader, 'Practitioner', identifier)).filter((practitioner) => !isAccount(practitioner));
  const record = records.find((record) => nameOf(record).given !== undefined);
  const { family, given } = nameOf(record);
  if (record === undefined || family === undefined || given === undefined) return undefined;
  const roles = await related(
    reader,
    'PractitionerRole',
    'practitioner',
    records.map((record) => `Practitioner/${record.id}`),
  );
  const concepts = [
    ...records.flatMap((record) =>
      ((record['qualification'] as Json[] | undefined) ?? []).map(
        (qualification) => qualification.code as CodeableConcept | undefined,
      ),
    ),
    ...roles.flatMap((role) => [
      ...((role['specialty'] as CodeableConcept[] | undefined) ?? []),
      ...((role['code'] as CodeableConcept[] | undefined) ?? []),
    ]),
  ];
  const codings = concepts.flatMap((concept) => concept?.coding ?? []);
  const speciality = codings.find((coding) => isIn(coding, SPECIALTY));
  const profession = codings.find((coding) => isIn(coding, PROFESSION));
  return {
    rppsId: identifier.value,
    lastName: family,
    firstName: given,
    ...(speciality === undefined ? {} : { specialityCode: speciality.code!, specialityUrl: speciality.system! }),
    ...(profession === undefined ? {} : { professionCode: profession.code!, professionUrl: profession.system! }),
  };
}

/** `undefined` when no structure is named, or its name is not known. */
export async function organizationOf(
  reader: ResourceReader,
  appointment: Resource,
): Promise<OrganizationPart | undefined> {
  const identifier = actorOf(appointment, IDNST);
  if (identifier === undefined) return undefined;
  const [organization] = await find(reader, 'Organization', identifier);
  return isText(organization?.['name']) ? { organizationId: identifier.value, name: organization['name'] } : undefined;
}

/** The national identifier of the first participant who has one of this system. */
function actorOf(appointment: Resource, system: string): SasIdentifier | undefined {
  const participants = (appointment['participant'] as Json[] | undefined) ?? [];
  return participants
    .map(({ actor }) => nationalIdentifier(actor?.identifier as Identifier | undefined, system))
    .find((identifier) => identifier !== undefined);
}

async function find(reader: ResourceReader, type: string, identifier: Identifier): Promise<Resource[]> {
  return bodies(reader, await reader.byIdentifier([type], equivalentTokens(identifier), MAX_RECORDS));
}

async function related(
  reader: ResourceReader,
  type: string,
  column: string,
  references: readonly string[],
): Promise<Resource[]> {
  return bodies(reader, (await reader.referringTo(type, column, references)).slice(0, MAX_RECORDS));
}

async function bodies(reader: ResourceReader, references: readonly string[]): Promise<Resource[]> {
  return (await reader.readReferences(references)).map(({ body }) => parseJson(body!) as Resource);
}

function nameOf(person: Resource | undefined): { family: string | undefined; given: string | undefined } {
  const names = (person?.['name'] as Json[] | undefined) ?? [];
  const name = names.find((name) => isText(name.family)) ?? names[0];
  return {
    family: isText(name?.family) ? name.family : undefined,
    given: isText(name?.given?.[0]) ? name.given[0] : undefined,
  };
}

function isIn({ system, code }: Coding, systems: RegExp): boolean {
  return isText(code) && systems.test(system ?? '');
}
