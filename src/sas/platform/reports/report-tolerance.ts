/**
 * Deviations that editors are known to send in reports of appointments, repaired with a warning; `Prefer:
 * handling=strict` refuses them. Traps C1, C2 and H3.
 */
import { isExtension } from '../../../fhir/french/fr-extensions.ts';
import { tolerateAppointment } from '../../../fhir/french/tolerance.ts';
import { type Issue, issue } from '../../../fhir/issue.ts';
import type { Resource } from '../../../fhir/resource.ts';
import type { Contract } from '../../contract/contract.ts';

export function tolerateReport(contract: Contract, appointment: Resource, strict: boolean): Issue[] {
  if (appointment.resourceType !== 'Appointment' || strict) return [];
  return [
    ...tolerateAppointment(appointment),
    ...tolerateOperator(contract, appointment),
    ...tolerateProfile(contract, appointment),
  ];
}

function warning(english: string, expression: string, french: string): Issue {
  return issue('warning', 'value', english, { expression, text: french });
}

/** The extension of the regulator under the URL of another generation of FR Core. */
function tolerateOperator({ extensions }: Contract, { extension: all }: Resource): Issue[] {
  const others = (Array.isArray(all) ? all : []).filter(
    (extension) =>
      extension !== null &&
      typeof extension === 'object' &&
      extension.url !== extensions.operator &&
      isExtension(extension, 'appointmentOperator'),
  );
  return others.map((extension) => {
    extension.url = extensions.operator;
    return warning(
      'the extension of the regulator is stored under the URL of the SAS profile',
      'Appointment.extension',
      'Extension du régulateur enregistrée sous l’adresse du profil SAS.',
    );
  });
}

/** The guide's page has an example with another URL for the profile than the published one. */
function tolerateProfile({ profiles }: Contract, appointment: Resource): Issue[] {
  const declared: unknown = appointment.meta?.profile;
  const isOther = (url: unknown): boolean =>
    typeof url === 'string' && url !== profiles.appointment && url.endsWith('/FrAppointmentSAS');
  if (!Array.isArray(declared) || !declared.some(isOther)) return [];
  appointment.meta!.profile = [profiles.appointment];
  return [
    warning(
      `meta.profile of the page's example; stored as ${profiles.appointment}`,
      'Appointment.meta.profile',
      'Profil de l’exemple du guide, enregistré sous son adresse publiée.',
    ),
  ];
}
