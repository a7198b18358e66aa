/**
 * `POST /fhir/Patient/{id}/$insi` asks the teleservice for the INS of a patient, and `$check-identity` says that
 * somebody has compared the traits with a document. `$insi` shows first what it has found: it is stored when the caller
 * asks for it (`apply`).
 */
import {
  differences,
  IDENTITY_DOCUMENTS,
  identityStatusOf,
  type NationalIdentity,
  namesOf,
  withDocument,
  withNationalIdentity,
} from '../../fhir/french/identity.ts';
import { FRANCE } from '../../fhir/date.ts';
import type { Parameter } from '../../fhir/foundation.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import type { Resource } from '../../fhir/resource.ts';
import { asType, type Patient } from '../../fhir/resources.ts';
import type { Backend, Operation } from '../../rest/backend.ts';
import { OperationInput } from '../../rest/operations/operation-input.ts';
import { localDate } from '../../scheduling/zone.ts';
import type { AskedTraits, Insi } from './insi.ts';

export function insiOperation(backend: Backend, insi: Insi | undefined): Operation {
  return {
    name: 'insi',
    on: ['Patient'],
    level: 'instance',
    safe: false,
    description:
      "Cherche l'INS d'un patient par le téléservice INSi : ce qui est trouvé et ce qui diffère. " +
      'Rien n’est écrit sans « apply=true ».',
    async run(context, call) {
      if (insi === undefined)
        throw new FhirError('not-supported', 'No teleservice INSi is connected (--insi)', {
          text: 'Le téléservice INSi n’est pas raccordé ici.',
        });
      const isApplied = new OperationInput(call, context.base).flag('apply') ?? false;
      const patient = await readPatient(backend, context, call.id!);
      const answer = await insi.search(traitsOf(patient));
      if (answer.found !== 'one') return { resource: outcome(answer.found, patient, []) };
      const { identity } = answer;
      const different = differences(patient, identity);
      const parts = [
        { name: 'identity', part: identityParts(identity) },
        ...different.map((element) => ({ name: 'difference', valueCode: element })),
      ];
      if (!isApplied) return { resource: outcome('one', patient, parts) };
      const applied = await changePatient(backend, context, call.id!, (current) => {
        requireSame(current, identity);
        return withNationalIdentity(current, identity, today(context));
      });
      return { resource: outcome('one', applied, parts) };
    },
  };
}

export function checkIdentityOperation(backend: Backend): Operation {
  return {
    name: 'check-identity',
    on: ['Patient'],
    level: 'instance',
    safe: false,
    description: `Note que les traits sont ceux d'une pièce d'identité (document : ${IDENTITY_DOCUMENTS.join(', ')}).`,
    async run(context, call) {
      const given = new OperationInput(call, context.base).text('document');
      const document = IDENTITY_DOCUMENTS.find((code) => code === given);
      if (document === undefined)
        throw new FhirError('value', `document is one of ${IDENTITY_DOCUMENTS.join(', ')}`, {
          expression: 'document',
          text: 'Indiquez la pièce : CN (carte), PA (passeport), LE (livret de famille), AN (acte de naissance).',
        });
      const checked = await changePatient(backend, context, call.id!, (current) => {
        traitsOf(current);
        return withDocument(current, document, today(context));
      });
      return { resource: outcome(undefined, checked, []) };
    },
  };
}

function outcome(found: string | undefined, patient: Patient, parts: readonly Parameter[]): Resource {
  return {
    resourceType: 'Parameters',
    parameter: [
      ...(found === undefined ? [] : [{ name: 'found', valueCode: found }]),
      { name: 'status', valueCode: identityStatusOf(patient) },
      ...parts,
    ],
  };
}

function identityParts(identity: NationalIdentity): Parameter[] {
  return Object.entries(identity).map(([name, value]) => ({ name, valueString: value }));
}

/** Throws `required` (422) where a trait that identifies is missing. */
function traitsOf(patient: Patient): AskedTraits {
  const [name] = namesOf(patient);
  const { gender, birthDate = '' } = patient;
  const family = name?.family ?? '';
  const [given = ''] = name?.given ?? [];
  const missing = [
    ...(family === '' ? ['le nom de naissance'] : []),
    ...(given === '' ? ['le premier prénom'] : []),
    ...(gender !== 'male' && gender !== 'female' ? ['le sexe'] : []),
    ...(/^\d{4}-\d\d-\d\d$/.test(birthDate) ? [] : ['la date de naissance']),
  ];
  if (missing.length > 0 || (gender !== 'male' && gender !== 'female'))
    throw new FhirError('business-rule', 'The traits of this patient are not complete', {
      expression: 'Patient',
      text: `Il manque à l'identité : ${missing.join(', ')}.`,
    });
  return { family, given, gender, birthDate };
}

/** The traits of a document weigh more than those of the teleservice. */
function requireSame(patient: Patient, identity: NationalIdentity): void {
  const status = identityStatusOf(patient);
  if ((status !== 'validated' && status !== 'qualified') || differences(patient, identity).length === 0) return;
  throw new FhirError('business-rule', 'The teleservice differs from an identity that a document has confirmed', {
    expression: 'Patient',
    text: "Les traits d'INSi diffèrent de ceux d'une identité validée sur pièce : rien n'est changé.",
  });
}

async function readPatient(backend: Backend, context: Context, id: string): Promise<Patient> {
  const { body } = await backend.read(context, 'Patient', id);
  return parseResource('Patient', body);
}

async function changePatient(
  backend: Backend,
  context: Context,
  id: string,
  change: (patient: Patient) => Patient,
): Promise<Patient> {
  await backend.read(context, 'Patient', id);
  const confirming: Context = { ...context, confirmsIdentity: true };
  const apply = (resource: Resource): Resource => change(asType(resource, 'Patient')!);
  const { stored } = await backend.patch(confirming, 'Patient', id, apply, {});
  return parseResource('Patient', stored.body!);
}

function today({ now }: Context): string {
  return localDate(now, FRANCE);
}
