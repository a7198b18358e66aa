/**
 * An appointment as the dispatch software (LRM) receives it by INT_L02. Writing is strict: names follow the guide's
 * samples, and a message that lacks a mandatory field is not written. Reading is tolerant: any case of method and
 * status, `specialtyCode`, a missing regulator. Spec: 6.6, traps L1, L4, L5 and L6
 */
import { FhirError } from '../../fhir/issue.ts';
import { extensionsOf } from '../../fhir/extension.ts';
import type { CodeableConcept, Json, Resource } from '../../fhir/resource.ts';
import { isText } from './envelope.ts';

export const METHODS = ['CreateAppointment', 'UpdateAppointment'] as const;
export type Method = (typeof METHODS)[number];

const STATUSES = ['pending', 'booked', 'fulfilled', 'noshow', 'cancelled'] as const;
export type Status = (typeof STATUSES)[number];

const CATEGORIES = ['PS', 'SOS', 'PDM', 'CPTS', 'CDS', 'MSP'] as const;
export type Category = (typeof CATEGORIES)[number];

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
  /** National only, never the platform's technical id. */
  regulatorId?: string;
  regulatorName: string;
  regulatorFirstname: string;
  regulatorEmail: string;
}

/** The payload `appointment` of a Report. Date-times are ISO 8601 with an offset. */
export interface AppointmentMessage {
  appointmentId: string;
  method: Method;
  created: string;
  start: string;
  end?: string;
  status: Status;
  orientationCategory?: Category;
  practitioner?: PractitionerPart;
  organization?: OrganizationPart;
  regulator: RegulatorPart;
}

/** Who is named in the message, and how the patient was oriented. */
export interface Parts {
  practitioner: PractitionerPart | undefined;
  organization: OrganizationPart | undefined;
  regulator: RegulatorPart;
  category: Category | undefined;
}

/** FHIR's statuses in the five words of the LRM. */
const STATUS_OF: Record<string, Status> = {
  proposed: 'pending',
  waitlist: 'pending',
  pending: 'pending',
  booked: 'booked',
  arrived: 'booked',
  'checked-in': 'booked',
  fulfilled: 'fulfilled',
  noshow: 'noshow',
  cancelled: 'cancelled',
  'entered-in-error': 'cancelled',
};

/** Codes of the extension `categorie-orientation` in the words of the LRM. Spec: 4.2 */
const CATEGORY_OF: Record<string, Category> = {
  '001': 'PS',
  '002': 'PDM',
  '003': 'SOS',
  604: 'CPTS',
  603: 'MSP',
  124: 'CDS',
};

/** Said by the appointment itself: the extension of SAS 1.2.0, or the profile of SOS Médecins. */
export function categoryOf(appointment: Resource): Category | undefined {
  const concept = extensionsOf(appointment, 'orientationCategory')[0]?.extension['valueCodeableConcept'] as
    | CodeableConcept
    | undefined;
  const code = concept?.coding?.map((coding) => CATEGORY_OF[coding.code ?? '']).find((one) => one !== undefined);
  return (
    code ??
    (appointment.meta?.profile?.some((one) => one.split('|')[0]!.endsWith('/sas-sos-appointment')) ? 'SOS' : undefined)
  );
}

/** Throws `required` when the appointment lacks what the message cannot do without. */
export function toMessage(
  appointment: Resource,
  method: Method,
  { practitioner, organization, regulator, category }: Parts,
): AppointmentMessage {
  const created = appointment['created'] ?? appointment.meta?.lastUpdated;
  const status = STATUS_OF[appointment['status']];
  if (!isText(appointment.id) || !isText(appointment['start']) || !isText(created) || status === undefined) {
    throw new FhirError('required', 'An appointment for the LRM needs id, start, created and a status', {
      expression: 'Appointment',
      text: 'Rendez-vous incomplet : il lui manque un horaire ou un statut pour partir vers le LRM.',
    });
  }
  return {
    appointmentId: appointment.id,
    method,
    created: withOffset(created),
    start: withOffset(appointment['start']),
    ...(isText(appointment['end']) ? { end: withOffset(appointment['end']) } : {}),
    status,
    ...(category === undefined ? {} : { orientationCategory: category }),
    ...(practitioner === undefined ? {} : { practitioner }),
    ...(organization === undefined ? {} : { organization }),
    regulator,
  };
}

/** `Z` is an offset in ISO 8601, but not in the guide's samples. */
function withOffset(text: string): string {
  if (/[+-]\d\d:\d\d$/.test(text)) return text;
  return new Date(text).toISOString().replace('Z', '+00:00');
}

/** A message as it was received: what a tolerant recipient can use. */
export type ReceivedAppointment = Omit<AppointmentMessage, 'regulator'> & { regulator?: Partial<RegulatorPart> };

/** `{ fault }` names the fields that are missing or wrong: nothing else keeps a message from being used. */
export function readAppointment(message: Json): { appointment: ReceivedAppointment } | { fault: string } {
  const from = message?.appointment;
  if (from === null || typeof from !== 'object') return { fault: 'appointment is missing' };
  const method = METHODS.find((method) => same(method, from.method));
  const status = STATUSES.find((status) => same(status, from.status));
  const category = CATEGORIES.find((category) => same(category, from.orientationCategory));
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
  ].filter((one) => one !== undefined);
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

function same(word: string, value: Json): boolean {
  return typeof value === 'string' && value.trim().toLowerCase() === word.toLowerCase();
}
