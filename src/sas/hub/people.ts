/**
 * The names that a message needs and an appointment does not have: the regulator's from the account, the practitioner's
 * and the structure's from answers of partners or from a directory that was loaded. All are resources of the store,
 * found by national identifier. Spec: 6.6
 */
import { FhirError } from '../../fhir/issue.ts';
import { readOperator } from '../../fhir/french/fr-extensions.ts';
import { equivalentTokens, IDNPS, IDNST } from '../../fhir/french/identifiers.ts';
import type { Coding, Identifier } from '../../fhir/resource.ts';
import { type Appointment, list, type Practitioner, type ResourceTypes } from '../../fhir/resources.ts';
import { parseResource } from '../../fhir/json.ts';
import type { ResourceReader } from '../../store/resources/resource-reader.ts';
import { nationalIdentifier, type SasIdentifier } from '../contract/identifier.ts';
import { isAccount } from '../contract/profile.ts';
import type { OrganizationPart, PractitionerPart, RegulatorPart } from './appointment-message.ts';
import { isText } from './envelope.ts';

/** Code systems of the specialty and of the profession, in any of their spellings. */
const SPECIALTY = /TRE[-_]R38/i;
const PROFESSION = /TRE[-_]G15/i;

type RecordType = 'Practitioner' | 'PractitionerRole' | 'Organization';

/** A person or structure has few records. */
const MAX_RECORDS = 20;

/**
 * The regulator who booked. Throws `not-found` while no account holds the identifier: every message names its
 * regulator.
 */
export async function regulatorOf(
  reader: ResourceReader,
  appointment: Appointment,
): Promise<{ account: Practitioner; part: RegulatorPart }> {
  const identifier = readOperator(appointment)?.identifier;
  if (!isText(identifier?.value))
    throw new FhirError('required', 'The appointment names no regulator', {
      expression: 'Appointment.extension',
      text: 'Le rendez-vous ne nomme pas de régulateur.',
    });
  const accounts = (await find(reader, 'Practitioner', identifier)).filter(isAccount);
  const account = accounts.find((account) => account.active === true) ?? accounts[0];
  if (account === undefined)
    throw new FhirError('not-found', `No regulator account holds ${identifier.system}|${identifier.value}`, {
      text: `Aucun compte régulateur ne porte l'identifiant ${identifier.value}.`,
    });
  const { family, given } = firstNameOf(account);
  const email = list(account.telecom).find((telecom) => telecom.system === 'email' && isText(telecom.value))?.value;
  if (family === undefined || email === undefined)
    throw new FhirError('required', `Practitioner/${account.id} has no name or no e-mail`, {
      text: 'Le compte du régulateur n’a pas de nom ou pas de courriel.',
    });
  const identifiers = list(account.identifier).filter(({ system }) => system === IDNPS);
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

/** `8` and an RPPS: the Hub refuses a message with any other `rppsId`, an ADELI number for example. */
const RPPS_ID = /^81\d{10}$/;

/**
 * `undefined` when no practitioner is named by RPPS, or the name is not known yet: an update can bring it later.
 */
export async function practitionerOf(
  reader: ResourceReader,
  appointment: Appointment,
): Promise<PractitionerPart | undefined> {
  const identifier = actorOf(appointment, IDNPS);
  if (identifier === undefined || !RPPS_ID.test(identifier.value)) return undefined;
  const records = (await find(reader, 'Practitioner', identifier)).filter((practitioner) => !isAccount(practitioner));
  const record = records.find((record) => firstNameOf(record).given !== undefined);
  const { family, given } = firstNameOf(record);
  if (record === undefined || family === undefined || given === undefined) return undefined;
  const roles = await related(
    reader,
    'PractitionerRole',
    'practitioner',
    records.map((record) => `Practitioner/${record.id}`),
  );
  const concepts = [
    ...records.flatMap(({ qualification }) => list(qualification).map(({ code }) => code)),
    ...roles.flatMap(({ specialty, code }) => [...list(specialty), ...list(code)]),
  ];
  const codings = concepts.flatMap((concept) => concept.coding ?? []);
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
  appointment: Appointment,
): Promise<OrganizationPart | undefined> {
  const identifier = actorOf(appointment, IDNST);
  if (identifier === undefined) return undefined;
  const [organization] = await find(reader, 'Organization', identifier);
  return isText(organization?.name) ? { organizationId: identifier.value, name: organization.name } : undefined;
}

/** The national identifier of the first participant who has one of this system. */
function actorOf({ participant }: Appointment, system: string): SasIdentifier | undefined {
  return list(participant)
    .map(({ actor }) => nationalIdentifier(actor?.identifier, system))
    .find((identifier) => identifier !== undefined);
}

async function find<T extends RecordType>(
  reader: ResourceReader,
  type: T,
  identifier: Identifier,
): Promise<ResourceTypes[T][]> {
  return bodies(reader, type, await reader.byIdentifier([type], equivalentTokens(identifier), MAX_RECORDS));
}

async function related<T extends RecordType>(
  reader: ResourceReader,
  type: T,
  column: string,
  references: readonly string[],
): Promise<ResourceTypes[T][]> {
  return bodies(reader, type, (await reader.referringTo(type, column, references)).slice(0, MAX_RECORDS));
}

async function bodies<T extends RecordType>(
  reader: ResourceReader,
  type: T,
  references: readonly string[],
): Promise<ResourceTypes[T][]> {
  return (await reader.readReferences(references)).map(({ body }) => parseResource(type, body!));
}

function firstNameOf(person: Practitioner | undefined): { family: string | undefined; given: string | undefined } {
  const names = list(person?.name);
  const name = names.find(({ family }) => isText(family)) ?? names[0];
  return {
    family: isText(name?.family) ? name.family : undefined,
    given: isText(name?.given?.[0]) ? name.given[0] : undefined,
  };
}

function isIn({ system, code }: Coding, systems: RegExp): boolean {
  return isText(code) && systems.test(system ?? '');
}
