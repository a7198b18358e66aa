/**
 * Writes a booking of the public pages, in one commit: a new patient with a declared identity (never a change of a
 * known one), the relative who books, the appointment, and the end of the hold. The rules judge it again inside of the
 * commit, as a visitor of the audience of everyone. The number of the form is its identifier, so that it is made once.
 * ADR 0039
 */
import { randomUUID } from 'node:crypto';
import type { AgendaBackend } from '../../agenda/agenda-backend.ts';
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import { textsOfKind } from '../../agenda/kinds/kind-times.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import { withAgreement } from '../../fhir/french/agreement.ts';
import { extensionUrl } from '../../fhir/french/fr-extensions.ts';
import { withoutMarks } from '../../fhir/french/visit-marks.ts';
import type { Context, EntryWrite } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import type { ContactPoint, Resource } from '../../fhir/resource.ts';
import { type Appointment, asType, list } from '../../fhir/resources.ts';
import { parseSearch } from '../../fhir/search/parse.ts';
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import { FORM_SYSTEM, holdOf, type PublicVisit } from '../../store/records/public-visits.ts';
import type { TypedBooking } from './booking-form.ts';
import { emailAddress, phoneNumber } from './contact.ts';

export interface BookingRequest {
  visit: PublicVisit;
  typed: TypedBooking;
  loaded: LoadedAgenda;
  kind: AgendaKind;
  /** An appointment of the same patient that gives way to this one. */
  replaces?: string | undefined;
}

const ROLES = 'http://terminology.hl7.org/CodeSystem/v3-RoleCode';

export class BookingWriter {
  private readonly services: RuleServices;
  private readonly backend: AgendaBackend;

  constructor(services: RuleServices, backend: AgendaBackend) {
    this.services = services;
    this.backend = backend;
  }

  /** Throws the refusal of the rules, or a limit. An earlier sending of the same form has the same answer. */
  async book(asked: Context, request: BookingRequest): Promise<Appointment> {
    const { visit, typed, replaces } = request;
    const context: Context = {
      ...asked,
      ...{ caller: 'réservation en ligne', roles: ['*'], held: holdOf(visit), contact: visit.contact },
      visitor: { as: 'everyone', birthDate: typed.birthDate },
    };
    try {
      if (replaces === undefined) await this.backend.transact(context, await this.writesOf(context, request));
      else
        await this.backend.patch(
          context,
          'Appointment',
          replaces,
          (before) => moved(asType(before, 'Appointment')!, request),
          {},
        );
    } catch (error) {
      const mayBeBooked = error instanceof FhirError && error.status < 500;
      if (!mayBeBooked) throw error;
      const earlier = await this.bookingOf(visit.form);
      if (earlier === undefined) throw error;
      return earlier;
    }
    return (await this.bookingOf(visit.form))!;
  }

  /** The appointment that a form has made. */
  async bookingOf(form: string): Promise<Appointment | undefined> {
    const { criteria } = parseSearch('Appointment', `identifier=${FORM_SYSTEM}|${form}`);
    const { rows } = await this.services.reader.search('Appointment', criteria, { count: 1, total: 'none' });
    const [stored] = rows;
    return stored?.body === undefined ? undefined : parseResource('Appointment', stored.body);
  }

  private async writesOf({ now }: Context, request: BookingRequest): Promise<EntryWrite[]> {
    const { typed } = request;
    const [patient, relative] = [`urn:uuid:${randomUUID()}`, `urn:uuid:${randomUUID()}`];
    const isAlone = typed.forWhom === 'self';
    const instruction = (await textsOfKind(this.services, request.loaded, request.kind.key)).before;
    const appointment = appointmentOf(request, {
      ...{ now, instruction, operator: isAlone ? patient : relative },
      people: isAlone ? [patient] : [patient, relative],
    });
    const resources: [string | undefined, Resource][] = [[patient, patientOf(typed)]];
    if (!isAlone) resources.push([relative, relativeOf(typed, patient)]);
    resources.push([undefined, appointment]);
    return resources.map(([fullUrl, resource], index) => ({
      ...{ index, fullUrl, method: 'POST' as const, type: resource.resourceType, resource },
    }));
  }
}

interface BookingParts {
  now: number;
  instruction: string | undefined;
  operator: string;
  people: readonly string[];
}

function appointmentOf(
  { visit, loaded, kind }: BookingRequest,
  { now, instruction, operator, people }: BookingParts,
): Appointment {
  const status = kind.needsApproval ? ('needs-action' as const) : ('accepted' as const);
  return {
    resourceType: 'Appointment',
    extension: [{ url: extensionUrl('appointmentOperator'), valueReference: { reference: operator } }],
    identifier: [{ system: FORM_SYSTEM, value: visit.form }],
    status: kind.needsApproval ? 'proposed' : 'booked',
    serviceType: [kind.serviceType],
    slot: [{ reference: `Slot/${visit.slot}` }],
    created: new Date(now).toISOString(),
    ...(instruction === undefined ? {} : { patientInstruction: instruction }),
    participant: [
      // The agenda's own actors are professionals, services and places; it has no patients.
      ...loaded.actors.map((reference) => ({ actor: { reference }, required: 'required' as const, status })),
      ...people.map((reference, i) => ({
        actor: { reference },
        required: i === 0 ? ('required' as const) : ('information-only' as const),
        status: 'accepted' as const,
      })),
    ],
  };
}

/**
 * The same appointment at the new time, and for the new kind. Throws `conflict` (409) where it has become a request, or
 * is not booked any more.
 */
function moved(before: Appointment, { visit, kind }: BookingRequest): Appointment {
  if (before.status !== 'booked')
    throw new FhirError('conflict', 'The earlier appointment is not booked', {
      text: "Le rendez-vous à remplacer n'est plus confirmé : appelez le cabinet.",
    });
  const { start: _start, end: _end, minutesDuration: _minutes, ...kept } = withoutMarks(before);
  return {
    ...kept,
    identifier: [...list(kept.identifier), { system: FORM_SYSTEM, value: visit.form }],
    serviceType: [kind.serviceType],
    slot: [{ reference: `Slot/${visit.slot}` }],
  };
}

/** A declared identity: nobody of the practice has seen it confirmed. */
function patientOf(typed: TypedBooking): Resource {
  const { family, given, birthDate } = typed;
  return {
    resourceType: 'Patient',
    extension: [{ url: extensionUrl('declaredIdentity'), valueCode: 'declared' }],
    active: true,
    name: [{ use: 'usual', family, given: [given] }],
    birthDate,
    ...(typed.forWhom === 'self' ? { telecom: telecomsOf(typed) } : {}),
  };
}

function relativeOf(typed: TypedBooking, patient: string): Resource {
  const { contactFamily, contactGiven, forWhom } = typed;
  const [code, text] = forWhom === 'child' ? ['PRN', 'Parent'] : ['FAMMEMB', 'Proche'];
  return {
    resourceType: 'RelatedPerson',
    active: true,
    patient: { reference: patient },
    relationship: [{ coding: [{ system: ROLES, code }], text }],
    name: [{ family: contactFamily, given: [contactGiven] }],
    telecom: telecomsOf(typed),
  };
}

/**
 * The confirmation is expected: notices go to the address that a code has proved, until a link in one of them ends
 * that. Another address may be somebody else's.
 */
function telecomsOf({ email, phone, by }: TypedBooking): ContactPoint[] {
  const [address, number] = [emailAddress(email), phoneNumber(phone)];
  const mail = (value: string): ContactPoint => {
    const point: ContactPoint = { system: 'email', value };
    return by === 'email' ? withAgreement(point, 'agreed') : point;
  };
  return [
    ...(address === undefined ? [] : [mail(address)]),
    ...(number === undefined ? [] : [{ system: 'phone', value: number, use: 'mobile' }]),
  ];
}
