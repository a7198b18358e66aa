/**
 * INT_R03: checks the appointments that editors report, by the profile of the contract with tolerance for the guide's
 * own examples, and by their owner: an identifier belongs to the caller who created it. Spec: 1.9, 6.5, traps C1, C2
 * and H3
 */
import { extensionsOf } from '../../../fhir/extension.ts';
import { isExtension } from '../../../fhir/french/fr-extensions.ts';
import { errorOf, FhirError, type Issue, issue } from '../../../fhir/issue.ts';
import { PROFILES } from '../../../fhir/profile/definitions/all.ts';
import { Validator } from '../../../fhir/profile/validate.ts';
import type { Identifier, Json, Resource } from '../../../fhir/resource.ts';
import { Terminology } from '../../../fhir/terminology/terminology.ts';

const APPOINTMENT = 'http://sas.fr/fhir/StructureDefinition/FrAppointmentSAS';
const SOS_APPOINTMENT = 'https://interop.esante.gouv.fr/ig/fhir/sas/StructureDefinition/sas-sos-appointment';
const OPERATOR = 'http://interopsante.org/fhir/StructureDefinition/FrAppointmentOperator';

/** `meta.source` of an appointment: the caller who reported it first. */
const OWNER = 'urn:creneau:caller:';

const STATUSES = new Set(['booked', 'fulfilled', 'noshow', 'cancelled']);

let validator: Validator | undefined;
const terminology = (): Validator => (validator ??= new Validator(PROFILES, new Terminology()));

export function ownerOf(appointment: Resource): string | undefined {
  const source = appointment.meta?.['source'];
  return typeof source === 'string' && source.startsWith(OWNER)
    ? decodeURIComponent(source.slice(OWNER.length))
    : undefined;
}

export function sourceOf(caller: string): string {
  return OWNER + encodeURIComponent(caller);
}

/** What editors are known to send otherwise, repaired and told; refused under `Prefer: handling=strict`. */
export function tolerateReport(appointment: Resource, strict: boolean): Issue[] {
  if (appointment.resourceType !== 'Appointment' || strict) return [];
  const warnings: Issue[] = [];
  const told = (english: string, expression: string, text: string): void =>
    void warnings.push(issue('warning', 'value', english, { expression, text }));
  const { status, participant } = appointment as Json;
  if (typeof status === 'string' && status !== status.toLowerCase()) {
    appointment['status'] = status.toLowerCase();
    told(
      `Appointment.status is written in lower case: ${status.toLowerCase().slice(0, 30)}`,
      'Appointment.status',
      'Statut enregistré en minuscules.',
    );
  }
  for (const [i, one] of (Array.isArray(participant) ? participant : []).entries()) {
    if (one?.status !== 'refused') continue;
    one.status = 'declined';
    told(
      'participant.status "refused" is no FHIR code; stored as "declined"',
      `Appointment.participant[${i}].status`,
      'Statut « refused » enregistré comme « declined ».',
    );
  }
  for (const extension of Array.isArray(appointment.extension) ? appointment.extension : []) {
    if (
      extension === null ||
      typeof extension !== 'object' ||
      extension.url === OPERATOR ||
      !isExtension(extension, 'appointmentOperator')
    )
      continue;
    extension.url = OPERATOR;
    told(
      'the extension of the regulator is stored under the URL of the SAS profile',
      'Appointment.extension',
      'Extension du régulateur enregistrée sous l’adresse du profil SAS.',
    );
  }
  const profiles = appointment.meta?.profile;
  if (
    Array.isArray(profiles) &&
    profiles.some(
      (profile) => typeof profile === 'string' && profile !== APPOINTMENT && profile.endsWith('/FrAppointmentSAS'),
    )
  ) {
    appointment.meta!.profile = [APPOINTMENT];
    told(
      `meta.profile of the page's example; stored as ${APPOINTMENT}`,
      'Appointment.meta.profile',
      'Profil de l’exemple du guide, enregistré sous son adresse publiée.',
    );
  }
  return warnings;
}

/** Throws 400 (missing or malformed) or 422 (against a rule), with every fault. */
export function checkReport(appointment: Resource): void {
  const isSos = isSosReport(appointment);
  const profile = isSos ? SOS_APPOINTMENT : APPOINTMENT;
  const errors = terminology()
    .validate(appointment, { profiles: [profile], declared: false })
    .filter((one) => one.severity === 'error' && !isToleratedStatus(one));
  const { status, start, end } = appointment as Json;
  if (!STATUSES.has(status) && !(isSos && status === 'pending')) {
    errors.push(
      issue('error', 'business-rule', `Appointment.status is ${[...STATUSES].join(', ')}${isSos ? ', pending' : ''}`, {
        expression: 'Appointment.status',
        text: 'Statut de rendez-vous hors du contrat du SAS.',
      }),
    );
  }
  if (Date.parse(end) <= Date.parse(start))
    errors.push(
      issue('error', 'business-rule', 'The appointment ends before it starts', {
        expression: 'Appointment.end',
        text: 'La fin du rendez-vous doit suivre son début.',
      }),
    );
  if (hasPatient(appointment))
    errors.push(
      issue(
        'error',
        'business-rule',
        'The SAS receives no patient: neither as participant nor in contained resources',
        { expression: 'Appointment.participant', text: 'Aucune donnée de patient ne doit être transmise au SAS.' },
      ),
    );
  if (errors.length > 0)
    throw errorOf(
      errors,
      errors.some((error) => error.code === 'structure' || error.code === 'required' || error.code === 'value')
        ? 400
        : 422,
    );
}

/** Any code of FHIR is accepted, though the profile has one or two (trap C1). */
function isToleratedStatus({ expression }: Issue): boolean {
  return expression?.some((one) => /^Appointment\.participant\[\d+\]\.status$/.test(one)) ?? false;
}

function isSosReport(appointment: Resource): boolean {
  return appointment.meta?.profile?.some((one) => one.split('|')[0] === SOS_APPOINTMENT) ?? false;
}

function hasPatient({ participant, contained }: Resource): boolean {
  const actors = ((participant as Json[] | undefined) ?? []).map((participant) => participant.actor);
  return (
    ((contained as Resource[] | undefined) ?? []).some((contained) =>
      /^(Patient|RelatedPerson)$/.test(contained.resourceType),
    ) ||
    actors.some((actor) => actor?.type === 'Patient' || /(^|\/)(Patient|RelatedPerson)\//.test(actor?.reference ?? ''))
  );
}

/** The one business identifier. */
export function identifierOf(appointment: Resource): Identifier {
  const [identifier] = (appointment['identifier'] as Identifier[] | undefined) ?? [];
  if (identifier?.value === undefined || identifier.system === undefined) {
    throw new FhirError('required', 'Appointment.identifier needs a system and a value', {
      expression: 'Appointment.identifier',
      text: "Il manque l'identifiant du rendez-vous (système et valeur).",
    });
  }
  return identifier;
}

/** The regulator, as the report names them. */
export function operatorOf(appointment: Resource): Identifier | undefined {
  return extensionsOf(appointment, 'appointmentOperator')[0]?.extension['valueReference']?.identifier;
}

/** Is there nothing new in it? Ids, versions and the owner aside. */
export function isSameReport(before: Resource, after: Resource): boolean {
  const core = ({ id: _, meta, ...rest }: Resource): string =>
    JSON.stringify([meta?.profile, Object.entries(rest).sort(([a], [b]) => (a < b ? -1 : 1))]);
  return core(before) === core(after);
}
