/**
 * INT_R03: the report of an appointment that an editor sends, checked against the profile of the contract. A report
 * belongs to the caller who sent it first. Spec: 1.9, 6.5, traps C1, C2, H3
 */
import { extensionsOf } from '../../../fhir/extension.ts';
import { errorOf, FhirError, type Issue, issue } from '../../../fhir/issue.ts';
import type { Identifier, Resource } from '../../../fhir/resource.ts';
import { type Appointment, list } from '../../../fhir/resources.ts';
import { identifiersOf } from '../../../fhir/shared-elements.ts';
import { SAS_STATUSES } from '../../contract/appointment.ts';
import type { Contract } from '../../contract/contract.ts';
import { isSosAppointment } from '../../contract/profile.ts';
import { profileErrors, statusOf } from '../../contract/profile-check.ts';

/** `meta.source` of an appointment: the caller who reported it first. */
const OWNER = 'urn:creneau:caller:';

export function ownerOf(appointment: Resource): string | undefined {
  const source = appointment.meta?.['source'];
  return typeof source === 'string' && source.startsWith(OWNER)
    ? decodeURIComponent(source.slice(OWNER.length))
    : undefined;
}

export function sourceOf(caller: string): string {
  return OWNER + encodeURIComponent(caller);
}

/** Throws 400 (missing or malformed) or 422 (against a rule), with every fault. */
export function checkReport(contract: Contract, appointment: Appointment): void {
  const { profiles } = contract;
  const isSos = isSosAppointment(appointment);
  const errors = [
    ...profileErrors(contract, appointment, isSos ? profiles.sosAppointment : profiles.appointment).filter(
      (error) => !isParticipantStatus(error),
    ),
    ...statusFaults(appointment, isSos),
    ...orderFaults(appointment),
    ...patientFaults(appointment),
  ];
  if (errors.length > 0) throw errorOf(errors, statusOf(errors));
}

/** Trap C1: any status of a participant that FHIR knows is accepted, though the profile has one or two. */
function isParticipantStatus({ expression }: Issue): boolean {
  return expression?.some((place) => /^Appointment\.participant\[\d+\]\.status$/.test(place)) ?? false;
}

function statusFaults({ status: sent }: Appointment, isSos: boolean): Issue[] {
  const allowed: readonly string[] = SAS_STATUSES.filter((status) => status !== 'pending' || isSos);
  if (allowed.includes(sent)) return [];
  return [
    issue('error', 'business-rule', `Appointment.status is ${allowed.join(', ')}`, {
      expression: 'Appointment.status',
      text: 'Statut de rendez-vous hors du contrat du SAS.',
    }),
  ];
}

function orderFaults({ start = '', end = '' }: Appointment): Issue[] {
  if (!(Date.parse(end) <= Date.parse(start))) return [];
  return [
    issue('error', 'business-rule', 'The appointment ends before it starts', {
      expression: 'Appointment.end',
      text: 'La fin du rendez-vous doit suivre son début.',
    }),
  ];
}

function patientFaults(appointment: Appointment): Issue[] {
  if (!hasPatient(appointment)) return [];
  const english = 'The SAS receives no patient: neither as participant nor in contained resources';
  return [
    issue('error', 'business-rule', english, {
      expression: 'Appointment.participant',
      text: 'Aucune donnée de patient ne doit être transmise au SAS.',
    }),
  ];
}

function hasPatient({ participant, contained }: Appointment): boolean {
  const actors = list(participant).map(({ actor }) => actor);
  const isPatient = ({ resourceType }: Resource): boolean => /^(Patient|RelatedPerson)$/.test(resourceType);
  return (
    list(contained).some(isPatient) ||
    actors.some((actor) => actor?.type === 'Patient' || /(^|\/)(Patient|RelatedPerson)\//.test(actor?.reference ?? ''))
  );
}

/** The one business identifier. */
export function identifierOf(appointment: Resource): Identifier & { system: string; value: string } {
  const [identifier] = identifiersOf(appointment);
  const { system, value } = identifier ?? {};
  if (system === undefined || value === undefined) {
    throw new FhirError('required', 'Appointment.identifier needs a system and a value', {
      expression: 'Appointment.identifier',
      text: "Il manque l'identifiant du rendez-vous (système et valeur).",
    });
  }
  return { ...identifier, system, value };
}

/** The regulator, as the report names them. */
export function operatorOf(appointment: Resource): Identifier | undefined {
  return extensionsOf(appointment, 'appointmentOperator')[0]?.extension.valueReference?.identifier;
}

/** The reports say the same, apart from ids, versions and the owner. */
export function isSameReport(before: Resource, after: Resource): boolean {
  const content = ({ id: _, meta, ...rest }: Resource): string =>
    JSON.stringify([meta?.profile, Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))]);
  return content(before) === content(after);
}
