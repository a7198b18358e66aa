/**
 * The names that a message needs and an appointment lacks: the regulator's from the account, the practitioner's and the
 * structure's from answers of partners or a loaded directory. All are stored resources, found by national identifier.
 * Spec: 6.6
 */
import { FhirError } from '../../fhir/issue.ts';
import { readOperator } from '../../fhir/french/fr-extensions.ts';
import { equivalentTokens, IDNPS, IDNST, prefixed } from '../../fhir/french/identifiers.ts';
import { parseJson } from '../../fhir/json.ts';
import type { CodeableConcept, Coding, Identifier, Json, Resource } from '../../fhir/resource.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import type { OrganizationPart, PractitionerPart, RegulatorPart } from './appointment-message.ts';
import { isText } from './envelope.ts';

/** Code systems of the specialty and of the profession, in any of their spellings. */
const SPECIALTY = /TRE[-_]R38/i;
const PROFESSION = /TRE[-_]G15/i;

/** Several records of one person at most. */
const MAX_RECORDS = 20;

/** Who booked. Throws `not-found` while no account holds the identifier: a message names its regulator. */
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
  const national = ((account['identifier'] as Identifier[] | undefined) ?? []).find(
    (identifier) => identifier.system === IDNPS,
  )?.value;
  const regulatorId =
    national === undefined ? undefined : (prefixed({ system: IDNPS, value: national })?.value ?? national);
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

/** `undefined` when nobody is named, or the names are not known: then an update brings them. */
export async function practitionerOf(
  reader: ResourceReader,
  appointment: Resource,
): Promise<PractitionerPart | undefined> {
  const identifier = actorOf(appointment, IDNPS);
  if (identifier === undefined) return undefined;
  const records = (await find(reader, 'Practitioner', identifier)).filter((one) => !isAccount(one));
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
  const speciality = codings.find((coding) => isOf(coding, SPECIALTY));
  const profession = codings.find((coding) => isOf(coding, PROFESSION));
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

/** The prefixed national identifier of the first participant of this system. */
function actorOf(appointment: Resource, system: string): { system: string; value: string } | undefined {
  const participants = (appointment['participant'] as Json[] | undefined) ?? [];
  const known = participants
    .map((participant) => participant.actor?.identifier as Identifier | undefined)
    .filter((one) => isText(one?.value))
    .map((one) => prefixed(one!) ?? { system: one!.system ?? '', value: one!.value! });
  return known.find((one) => one.system === system);
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
  return (await reader.readReferences(references)).map((reference) => parseJson(reference.body!) as Resource);
}

/** Profile FrPractitionerRegul: an account, not the directory's record of a practitioner. */
function isAccount(practitioner: Resource): boolean {
  return practitioner.meta?.profile?.some((one) => one.split('|')[0]!.endsWith('/FrPractitionerRegul')) ?? false;
}

function nameOf(person: Resource | undefined): { family: string | undefined; given: string | undefined } {
  const names = (person?.['name'] as Json[] | undefined) ?? [];
  const name = names.find((name) => isText(name.family)) ?? names[0];
  return {
    family: isText(name?.family) ? name.family : undefined,
    given: isText(name?.given?.[0]) ? name.given[0] : undefined,
  };
}

function isOf({ system, code }: Coding, wanted: RegExp): boolean {
  return isText(code) && wanted.test(system ?? '');
}
