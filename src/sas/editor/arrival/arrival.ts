/**
 * The regulator's arrival (`/rdv`): where the address in `Slot.comment` leads. It shows the slot, or the next slots of
 * the agenda, and books one for the patient with as few fields as possible. When the slot is gone, it offers the
 * nearest free ones. The booking carries the regulator's account as its operator (INT_R03). No address ever holds
 * patient data. Spec: 6.1, 6.4, trap C10
 */
import { randomUUID } from 'node:crypto';
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import { extensionUrl, readOperator } from '../../../fhir/french/fr-extensions.ts';
import type { Person } from '../../../fhir/interaction.ts';
import { FhirError } from '../../../fhir/issue.ts';
import { localId } from '../../../fhir/local-reference.ts';
import type { Reference } from '../../../fhir/resource.ts';
import { parseSearch } from '../../../fhir/search/parse.ts';
import type { Appointment } from '../../../fhir/resources.ts';
import { nameOf } from '../../../fhir/shared-elements.ts';
import { parseResource } from '../../../fhir/json.ts';
import { participantsOf } from '../../../fhir/actors.ts';
import { readResources } from '../../../store/resources/read-resources.ts';
import type { Backend } from '../../../rest/backend.ts';
import type { HtmlPage } from '../../../rest/html/page.ts';
import type { PageHandler, PageRequest } from '../../../rest/html/page-route.ts';
import { parseSlotId } from '../../../scheduling/slot-id.ts';
import { localDate } from '../../../scheduling/zone.ts';
import type { SasSearch } from '../search/sas-search.ts';
import type { SasSlot } from '../search/sas-slots.ts';
import { agendaLabel } from './agenda-label.ts';
import { type ArrivalModel, bookedPage, choicePage, formPage } from './arrival-page.ts';
import { faultsOf, type PatientForm, patientOf, readFields } from './arrival-patient.ts';
import { findAgenda, nearestSlots, openSlots } from './arrival-slots.ts';

/** One form makes one booking, however often its button is pressed: its number is the appointment's identifier. */
const FORM_SYSTEM = 'urn:creneau:fhir:booking-form';
const FORM_NUMBER = /^[0-9a-f-]{36}$/;

type Shown = HtmlPage | { goTo: string };

/** A slot that the regulator is about to book. */
interface Choice {
  loaded: LoadedAgenda;
  model: ArrivalModel;
  slot: SasSlot;
}

export class Arrival implements PageHandler {
  readonly #agenda: RuleServices;
  readonly #backend: Pick<Backend, 'transact'>;
  readonly #searches: SasSearch;

  constructor(agenda: RuleServices, backend: Pick<Backend, 'transact'>, searches: SasSearch) {
    this.#agenda = agenda;
    this.#backend = backend;
    this.#searches = searches;
  }

  isFor(person: Person): boolean {
    return person.regulator !== undefined;
  }

  async render(request: PageRequest): Promise<Shown> {
    const { query, form, context } = request;
    const booked = query.get('rendez-vous');
    if (booked !== null && form === undefined) return this.#bookedPage(request, booked);
    const slotId = form?.get('slot') ?? query.get('slot') ?? '';
    const loaded = await findAgenda(this.#agenda, query.get('agenda') ?? '', slotId);
    if (loaded === undefined)
      throw new FhirError('not-found', 'The address names no agenda of this server', {
        text:
          'Cette adresse ne désigne aucun agenda de ce serveur : ' +
          'revenez à la plateforme SAS et choisissez un autre créneau.',
      });
    const model: ArrivalModel = {
      label: await agendaLabel(this.#agenda.reader, loaded),
      zone: loaded.agenda.zone,
      csrfToken: request.csrfToken,
      query,
    };
    const open = await openSlots(this.#searches, context, loaded);
    if (slotId === '') return this.#agendaOpened(request, { loaded, model }, open);
    const slot = open.find(({ id }) => id === slotId);
    if (slot === undefined) return this.#slotGone(request, model, open, slotId);
    return this.#slotChosen(request, { loaded, model, slot });
  }

  /** The agenda, at the time that the address names (`debut`): the one slot that starts then is meant. */
  async #agendaOpened(request: PageRequest, opened: Omit<Choice, 'slot'>, open: readonly SasSlot[]): Promise<Shown> {
    const { form, query, context } = request;
    const { model } = opened;
    const at = Date.parse(query.get('debut') ?? '');
    if (form !== undefined || Number.isNaN(at))
      return choicePage(model, nearestSlots(open, context.now), { typed: form && readFields(form) });
    const [slot, ...others] = open.filter(({ start }) => start === at);
    if (slot !== undefined && others.length === 0) return this.#slotChosen(request, { ...opened, slot });
    return choicePage(model, nearestSlots(open, at), { gone: slot === undefined });
  }

  /** Another booking took the slot; perhaps an earlier sending of this same form. */
  async #slotGone(
    { query, form, context, person }: PageRequest,
    model: ArrivalModel,
    open: readonly SasSlot[],
    slotId: string,
  ): Promise<Shown> {
    const earlier = form && (await this.#bookingOf(person, form.get('form')));
    return earlier === undefined
      ? gonePage(model, open, slotId, context.now, form && readFields(form))
      : confirm(query, earlier);
  }

  /** The slot is free: shows the form, or books once the form is complete. */
  async #slotChosen(request: PageRequest, choice: Choice): Promise<Shown> {
    const { form, context } = request;
    const { model, slot, loaded } = choice;
    const typed = form && readFields(form);
    if (form === undefined || typed === undefined || form.get('step') === 'choose')
      return formPage(model, slot, { form: randomUUID(), typed });
    const sent = form.get('form') ?? '';
    const number = FORM_NUMBER.test(sent) ? sent : randomUUID();
    const faults = faultsOf(typed, localDate(context.now, loaded.agenda.zone));
    if (Object.keys(faults).length > 0) return formPage(model, slot, { form: number, typed, faults });
    return this.#book(request, choice, typed, number);
  }

  async #book(
    { context, query, person }: PageRequest,
    { loaded, slot, model }: Choice,
    typed: PatientForm,
    number: string,
  ): Promise<Shown> {
    const patient = `urn:uuid:${randomUUID()}`;
    // The agenda's own actors are professionals, services and places; it has no patients.
    const actors: Reference[] = [...loaded.actors.map((reference) => ({ reference })), { reference: patient }];
    const appointment: Appointment = {
      resourceType: 'Appointment',
      extension: [{ url: extensionUrl('appointmentOperator'), valueReference: person.regulator!.operator }],
      identifier: [{ system: FORM_SYSTEM, value: number }],
      status: 'booked',
      ...(typed.reason === '' ? {} : { description: typed.reason }),
      slot: [{ reference: `Slot/${slot.id}` }],
      created: new Date(context.now).toISOString(),
      participant: actors.map((actor) => ({ actor, required: 'required', status: 'accepted' })),
    };
    try {
      const [, written] = await this.#backend.transact(context, [
        { index: 0, fullUrl: patient, method: 'POST', type: 'Patient', resource: patientOf(typed) },
        { index: 1, fullUrl: undefined, method: 'POST', type: 'Appointment', resource: appointment },
      ]);
      return confirm(query, written!.stored.id);
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      const mayBeBooked = error.code === 'duplicate' || error.code === 'conflict';
      const earlier = mayBeBooked ? await this.#bookingOf(person, number) : undefined;
      if (earlier !== undefined) return confirm(query, earlier);
      // Taken, closed or too late since the page was read: the page shows what is free now instead.
      if (error.code !== 'conflict' && error.code !== 'business-rule') throw error;
      const open = await openSlots(this.#searches, context, loaded);
      return gonePage(model, open, slot.id, context.now, typed);
    }
  }

  /** The booking that this regulator has already made with this form. */
  async #bookingOf(person: Person, number: string | null): Promise<string | undefined> {
    if (number === null || !FORM_NUMBER.test(number)) return undefined;
    const { criteria } = parseSearch('Appointment', `identifier=${FORM_SYSTEM}|${number}`);
    const { rows } = await this.#agenda.reader.search('Appointment', criteria, { count: 1, total: 'none' });
    const [stored] = rows;
    return stored !== undefined && isOf(person, parseResource('Appointment', stored.body!)) ? stored.id : undefined;
  }

  /** The confirmation. Regulators see only their own bookings. */
  async #bookedPage({ person }: PageRequest, id: string): Promise<HtmlPage> {
    const { reader } = this.#agenda;
    const stored = await reader.read('Appointment', id);
    const appointment = stored?.body === undefined ? undefined : parseResource('Appointment', stored.body);
    if (appointment === undefined || !isOf(person, appointment))
      throw new FhirError('not-found', 'There is no such booking of this regulator', {
        text: "Ce rendez-vous n'existe pas, ou n'a pas été pris par vous.",
      });
    const loaded = await findAgenda(this.#agenda, '', slotOf(appointment));
    if (loaded === undefined)
      throw new FhirError('not-found', 'The agenda of this booking is gone', {
        text: "L'agenda de ce rendez-vous n'existe plus.",
      });
    return bookedPage(
      { label: await agendaLabel(reader, loaded), zone: loaded.agenda.zone },
      {
        status: appointment.status,
        start: Date.parse(appointment.start ?? ''),
        end: Date.parse(appointment.end ?? ''),
        patient: await this.#patientName(appointment),
      },
    );
  }

  async #patientName(appointment: Appointment): Promise<string> {
    const patients = participantsOf(appointment).filter((target) => target.startsWith('Patient/'));
    const [patient] = await readResources(this.#agenda.reader, patients.slice(0, 1));
    return (patient && nameOf(patient)) ?? '';
  }
}

/** Where the confirmation is. */
function confirm(query: URLSearchParams, appointment: string): { goTo: string } {
  const origin = query.get('origin');
  const carried = origin === null ? '' : `&origin=${encodeURIComponent(origin)}`;
  return { goTo: `/rdv?rendez-vous=${encodeURIComponent(appointment)}${carried}` };
}

function gonePage(
  model: ArrivalModel,
  open: readonly SasSlot[],
  slotId: string,
  now: number,
  typed: PatientForm | undefined,
): HtmlPage {
  return choicePage(model, nearestSlots(open, parseSlotId(slotId)?.start ?? now), { gone: true, typed });
}

function slotOf({ slot }: Appointment): string {
  return localId(slot?.[0], 'Slot') ?? '';
}

/** The regulator booked this appointment. */
function isOf({ regulator }: Person, appointment: Appointment): boolean {
  const operator = readOperator(appointment)?.identifier;
  const own = regulator?.operator.identifier;
  return own !== undefined && operator?.system === own.system && operator?.value === own.value;
}
