/**
 * An appointment as the dispatch software (LRM) gets it. Writing is strict: names as in the guide's samples, and no
 * message without every mandatory field. Reading tolerates the case of method and status, `specialtyCode`, and a
 * missing regulator. Spec: 6.6, traps L1, L4, L5, L6
 */
import { FRANCE } from '../../fhir/date.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Json } from '../../fhir/resource.ts';
import { parseDate } from '../../fhir/search/value.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { SAS_STATUSES, type SasStatus, STATUS_OF } from '../contract/appointment.ts';
import { ORIENTATION_CATEGORIES, type OrientationCategory } from '../contract/contract.ts';
import { isText } from './envelope.ts';

export const HUB_METHODS = ['CreateAppointment', 'UpdateAppointment'] as const;
export type HubMethod = (typeof HUB_METHODS)[number];

export interface PractitionerPart {
  rppsId: string;
  lastName: string;
  firstName: string;
  specialityCode?: string;
  specialityUrl?: string;
  professionCode?: string;
  professionUrl?: string;
}

export interface OrganizationPart {
  /** `1` + FINESS or `3` + SIRET. */
  organizationId: string;
  name: string;
}

export interface RegulatorPart {
  /** National identifier; never the platform's technical one. */
  regulatorId?: string;
  regulatorName: string;
  regulatorFirstname: string;
  regulatorEmail: string;
}

/** The payload `appointment` of a Report. Date-times are ISO 8601 with an offset. */
export interface AppointmentMessage {
  appointmentId: string;
  method: HubMethod;
  created: string;
  start: string;
  end?: string;
  status: SasStatus;
  orientationCategory?: OrientationCategory;
  practitioner?: PractitionerPart;
  organization?: OrganizationPart;
  regulator: RegulatorPart;
}

/** The people whom the message names, and the orientation of the patient. */
export interface MessageParts {
  practitioner: PractitionerPart | undefined;
  organization: OrganizationPart | undefined;
  regulator: RegulatorPart;
  category: OrientationCategory | undefined;
  /** When the first report of the appointment was recorded, ISO 8601: `created` of an appointment without one. */
  recorded?: string | undefined;
}

/** FHIR's statuses in the words of the LRM. */
const LRM_STATUS_OF: Readonly<Record<string, SasStatus>> = {
  ...STATUS_OF,
  proposed: 'pending',
  waitlist: 'pending',
  pending: 'pending',
};

/** Throws `required` when the appointment lacks a mandatory field of the message. */
export function toMessage(
  appointment: Appointment,
  method: HubMethod,
  { practitioner, organization, regulator, category, recorded }: MessageParts,
): AppointmentMessage {
  const created = appointment.created ?? recorded;
  const status = LRM_STATUS_OF[appointment.status];
  if (!isText(appointment.id) || !isText(appointment.start) || !isText(created) || status === undefined) {
    throw new FhirError('required', 'An appointment for the LRM needs id, start, created and a status', {
      expression: 'Appointment',
      text: 'Rendez-vous incomplet : il lui manque un horaire ou un statut pour partir vers le LRM.',
    });
  }
  return {
    appointmentId: appointment.id,
    method,
    created: hubTime(created),
    start: hubTime(appointment.start),
    ...(isText(appointment.end) ? { end: hubTime(appointment.end) } : {}),
    status,
    ...(category === undefined ? {} : { orientationCategory: category }),
    ...(practitioner === undefined ? {} : { practitioner }),
    ...(organization === undefined ? {} : { organization }),
    regulator,
  };
}

/**
 * As the schema of the Hub wants it: whole seconds and a numeric offset, the one that was written if there is one. A
 * date alone is the midnight of France.
 */
function hubTime(text: string): string {
  const offset = /T.*([+-]\d\d:\d\d)$/.exec(text)?.[1] ?? '+00:00';
  const sign = offset.startsWith('-') ? -1 : 1;
  const minutes = sign * (60 * Number(offset.slice(1, 3)) + Number(offset.slice(4)));
  const instant = text.includes('T') ? Date.parse(text) : parseDate(text, FRANCE).start;
  if (Number.isNaN(instant))
    throw new FhirError('value', `${text.slice(0, 40)} is not a time`, {
      expression: 'Appointment',
      text: 'Horaire du rendez-vous incompris.',
    });
  return new Date(instant + minutes * 60_000).toISOString().slice(0, 19) + offset;
}

/** A received message, as far as a tolerant recipient can use it. */
export type ReceivedAppointment = Omit<AppointmentMessage, 'regulator'> & { regulator?: Partial<RegulatorPart> };

/** `{ fault }` names the fields that are missing or wrong; a message without such a fault can be used. */
export function readAppointment(message: Json): { appointment: ReceivedAppointment } | { fault: string } {
  const from = message?.appointment;
  if (from === null || typeof from !== 'object') return { fault: 'appointment is missing' };
  const method = wordIn(HUB_METHODS, from.method);
  const status = wordIn(SAS_STATUSES, from.status);
  const category = wordIn(ORIENTATION_CATEGORIES, from.orientationCategory);
  const isDate = (value: Json): boolean => isText(value) && !Number.isNaN(Date.parse(value));
  const faults = [
    isText(from.appointmentId) ? undefined : 'appointmentId',
    method === undefined ? 'method' : undefined,
    isDate(from.start) ? undefined : 'start',
    isDate(from.created) ? undefined : 'created',
    from.end === undefined || isDate(from.end) ? undefined : 'end',
    status === undefined ? 'status' : undefined,
    from.orientationCategory === undefined || category !== undefined ? undefined : 'orientationCategory',
    from.practitioner === undefined || isText(from.practitioner?.rppsId) ? undefined : 'practitioner.rppsId',
    from.organization === undefined || isText(from.organization?.organizationId)
      ? undefined
      : 'organization.organizationId',
  ].filter((field) => field !== undefined);
  if (faults.length > 0)
    return { fault: `missing or wrong: ${faults.map((fault) => `appointment.${fault}`).join(', ')}` };
  const { practitioner } = from;
  const speciality = practitioner?.specialityCode ?? practitioner?.specialtyCode;
  const { specialtyCode: _, ...named } = practitioner ?? {};
  return {
    appointment: {
      ...from,
      method,
      status,
      ...(category === undefined ? {} : { orientationCategory: category }),
      ...(practitioner === undefined
        ? {}
        : { practitioner: { ...named, ...(speciality === undefined ? {} : { specialityCode: speciality }) } }),
    },
  };
}

/** The word that a value means, in any case. */
function wordIn<Word extends string>(words: readonly Word[], value: Json): Word | undefined {
  const text = typeof value === 'string' ? value.trim().toLowerCase() : undefined;
  return words.find((word) => word.toLowerCase() === text);
}
