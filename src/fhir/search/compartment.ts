/**
 * Compartments: `Patient/1/Appointment` asks for the Appointments about Patient/1. The parameters that link each type
 * are those of
 * https://hl7.org/fhir/R4/compartmentdefinition-patient.html and its siblings, as far as the types are served.
 */
import { searchParameter } from './parameters.ts';
import type { Criterion } from './request.ts';

const LINKS: Record<string, Record<string, readonly string[]>> = {
  Patient: {
    Patient: ['link'],
    RelatedPerson: ['patient'],
    Schedule: ['actor'],
    Appointment: ['actor'],
    AuditEvent: ['entity', 'agent'],
  },
  Practitioner: {
    Patient: ['general-practitioner'],
    PractitionerRole: ['practitioner'],
    Schedule: ['actor'],
    Appointment: ['actor'],
    AuditEvent: ['agent'],
  },
  RelatedPerson: { Patient: ['link'], Schedule: ['actor'], Appointment: ['actor'] },
  Device: { Schedule: ['actor'], Appointment: ['actor'], AuditEvent: ['agent'] },
};

export function isCompartment(type: string): boolean {
  return type in LINKS;
}

/** The types that a compartment holds. */
export function compartmentTypes(compartment: string): string[] {
  return Object.keys(LINKS[compartment] ?? {});
}

/** "Is in the compartment of this resource"; `undefined` when the type is in no such compartment. */
export function inCompartment(compartment: string, id: string, type: string): Criterion | undefined {
  const names = LINKS[compartment]?.[type];
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
