/**
 * Compartments: `Patient/1/Appointment` asks for the Appointments about Patient/1. The parameters that link each type
 * are those of
 * https://hl7.org/fhir/R4/compartmentdefinition-patient.html and its siblings, as far as the types are served.
 */
import { searchParameter } from './parameters.ts';
import type { Criterion } from './request.ts';

/** By compartment and type: the parameters that lead to the resource of the compartment. */
const LINKS = mapOf({
  Patient: {
    Patient: ['link'],
    RelatedPerson: ['patient'],
    Schedule: ['actor'],
    Appointment: ['actor'],
    AppointmentResponse: ['actor'],
    DocumentReference: ['author', 'subject'],
    AuditEvent: ['entity', 'agent'],
  },
  Practitioner: {
    Patient: ['general-practitioner'],
    PractitionerRole: ['practitioner'],
    Schedule: ['actor'],
    Appointment: ['actor'],
    AppointmentResponse: ['actor'],
    DocumentReference: ['author', 'subject'],
    AuditEvent: ['agent'],
  },
  RelatedPerson: {
    Patient: ['link'],
    Schedule: ['actor'],
    Appointment: ['actor'],
    AppointmentResponse: ['actor'],
    DocumentReference: ['author'],
  },
  Device: {
    Schedule: ['actor'],
    Appointment: ['actor'],
    AppointmentResponse: ['actor'],
    DocumentReference: ['author', 'subject'],
    AuditEvent: ['agent'],
  },
});

function mapOf(
  table: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>,
): ReadonlyMap<string, ReadonlyMap<string, readonly string[]>> {
  return new Map(Object.entries(table).map(([compartment, links]) => [compartment, new Map(Object.entries(links))]));
}

export function isCompartment(type: string): boolean {
  return LINKS.has(type);
}

/** The types that a compartment holds. */
export function compartmentTypes(compartment: string): string[] {
  return [...(LINKS.get(compartment)?.keys() ?? [])];
}

/** "Is in the compartment of this resource"; `undefined` when the type is in no such compartment. */
export function inCompartment(compartment: string, id: string, type: string): Criterion | undefined {
  const names = LINKS.get(compartment)?.get(type);
  if (names === undefined) return undefined;
  const of = names.map(
    (name): Criterion => ({
      is: 'parameter',
      parameter: searchParameter(type, name)!,
      values: [{ kind: 'reference', type: compartment, id }],
    }),
  );
  return of.length === 1 ? of[0] : { is: 'any', of };
}
