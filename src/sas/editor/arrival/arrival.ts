/**
 * The regulator's arrival (`/rdv`): the page behind the address in `Slot.comment`. It shows the slot, or the next ones
 * of the agenda, and books it for the patient with the fewest fields. When the slot is gone, it offers the nearest free
 * ones. The booking carries the regulator's account as its operator (INT_R03). Nothing of the patient is ever in an
 * address. Spec: 6.1, 6.4, trap C10
 */
import type { Context, Person } from '../../../fhir/interaction.ts';
import { randomUUID } from 'node:crypto';
import type { LoadedAgenda } from '../../../agenda/agendas.ts';
import type { RuleServices } from '../../../agenda/rules/services.ts';
import { extensionUrl, readOperator } from '../../../fhir/french/fr-extensions.ts';
import { FhirError } from '../../../fhir/issue.ts';
import { parseJson } from '../../../fhir/json.ts';
import type { Json, Reference, Resource } from '../../../fhir/resource.ts';
import { parseSearch } from '../../../fhir/search/parse.ts';
import type { HtmlPage } from '../../../rest/html/page.ts';
import type { Backend } from '../../../rest/backend.ts';
import type { PageHandler, PageRequest } from '../../../rest/html/page-route.ts';
import { parseSlotId } from '../../../scheduling/slot-id.ts';
import { localDate } from '../../../scheduling/zone.ts';
import { faultsOf, type Given, patientOf, readFields } from './arrival-patient.ts';
import type { ResourceReader } from '../../../store/resources/resource-reader.ts';
import { ArrivalSlots, nearestSlots, personName } from './arrival-slots.ts';
import { bookedPage, choicePage, formPage, type Look } from './arrival-page.ts';
import type { SasSearch } from '../search/sas-search.ts';
import type { SasSlot } from '../search/sas-slots.ts';

/** One form makes one booking, however often its button is pressed: its number is the appointment's identifier. */
const FORM_SYSTEM = 'urn:creneau:fhir:booking-form';

export class Arrival implements PageHandler {
  private readonly reader: ResourceReader;
  private readonly backend: Pick<Backend, 'transact'>;
  private readonly slots: ArrivalSlots;

  constructor(agenda: RuleServices, backend: Pick<Backend, 'transact'>, searches: SasSearch) {
    this.reader = agenda.reader;
    this.backend = backend;
    this.slots = new ArrivalSlots(agenda, searches);
  }

  isFor(person: Person): boolean {
    return person.regulator !== undefined;
  }

  async render(request: PageRequest): Promise<HtmlPage | { goTo: string }> {
    const { query, form, context } = request;
    const made = query.get('rendez-vous');
    if (made !== null && form === undefined) return this.booked(request, made);
    const asked = form?.get('slot') ?? query.get('slot') ?? '';
    const loaded = await this.slots.find(query.get('agenda') ?? '', asked);
    if (loaded === undefined)
      throw new FhirError('not-found', 'The address names no agenda of this server', {
        text: 'Cette adresse ne désigne aucun agenda de ce serveur : revenez à la plateforme SAS et choisissez un autre créneau.',
      });
    const open = await this.slots.open(context, loaded);
    const slot = open.find((one) => one.id === asked);
    const look: Look = {
      place: await this.slots.place(loaded),
      zone: loaded.agenda.zone,
      csrfToken: request.csrfToken,
      query,
    };
    const given = form === undefined ? undefined : readFields(form);
    if (asked === '') return choicePage(look, nearestSlots(open, context.now), { given });
    if (slot === undefined) {
      const before = form === undefined ? undefined : await this.madeBy(request, form.get('form'));
      return before === undefined ? gone(look, open, asked, context.now, given) : this.confirm(query, before);
    }
    if (form === undefined || given === undefined || form.get('step') === 'choose')
      return formPage(look, slot, { form: randomUUID(), given });
    const faults = faultsOf(given, localDate(context.now, loaded.agenda.zone));
    const number = /^[0-9a-f-]{36}$/.test(form.get('form') ?? '') ? form.get('form')! : randomUUID();
    if (Object.keys(faults).length > 0) return formPage(look, slot, { form: number, given, faults });
    return this.book(request, loaded, slot, given, number, look);
  }

  private async book(
    request: PageRequest,
    loaded: LoadedAgenda,
    slot: SasSlot,
    given: Given,
    number: string,
    look: Look,
  ): Promise<HtmlPage | { goTo: string }> {
    const { context, query, person } = request;
    const patient = `urn:uuid:${randomUUID()}`;
    const appointment: Resource = {
      resourceType: 'Appointment',
      extension: [{ url: extensionUrl('appointmentOperator'), valueReference: person.regulator!.operator }],
      identifier: [{ system: FORM_SYSTEM, value: number }],
      status: 'booked',
      ...(given.reason === '' ? {} : { description: given.reason }),
      slot: [{ reference: `Slot/${slot.id}` }],
      created: new Date(context.now).toISOString(),
      participant: [...actorsOf(loaded), { reference: patient }].map((actor) => ({
        actor,
        required: 'required',
        status: 'accepted',
      })),
    };
    try {
      const [, made] = await this.backend.transact(context, [
        { index: 0, fullUrl: patient, method: 'POST', type: 'Patient', resource: patientOf(given) },
        { index: 1, fullUrl: undefined, method: 'POST', type: 'Appointment', resource: appointment },
      ]);
      return this.confirm(query, made!.stored.id);
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      const before =
        error.code === 'duplicate' || error.code === 'conflict' ? await this.madeBy(request, number) : undefined;
      if (before !== undefined) return this.confirm(query, before);
      // Taken, closed or too late since the page was read: what is free now is shown instead.
      if (error.code !== 'conflict' && error.code !== 'business-rule') throw error;
      return gone(look, await this.slots.open(context, loaded), slot.id, context.now, given);
    }
  }

  private confirm(query: URLSearchParams, appointment: string): { goTo: string } {
    const origin = query.get('origin');
    return {
      goTo: `/rdv?rendez-vous=${encodeURIComponent(appointment)}${origin === null ? '' : `&origin=${encodeURIComponent(origin)}`}`,
    };
  }

  /** The booking that this form has made already, of the same regulator. */
  private async madeBy({ person }: PageRequest, number: string | null): Promise<string | undefined> {
    if (number === null || !/^[0-9a-f-]{36}$/.test(number)) return undefined;
    const { criteria } = parseSearch('Appointment', `identifier=${FORM_SYSTEM}|${number}`);
    const { rows } = await this.reader.search('Appointment', criteria, { count: 1, total: false });
    const [one] = rows;
    return one !== undefined && isOf(person, parseJson(one.body!) as Resource) ? one.id : undefined;
  }

  /** The confirmation: of one's own bookings alone. */
  private async booked({ context, person }: PageRequest, id: string): Promise<HtmlPage> {
    const stored = await this.reader.read('Appointment', id);
    const appointment = stored?.body === undefined ? undefined : (parseJson(stored.body) as Resource);
    if (appointment === undefined || !isOf(person, appointment))
      throw new FhirError('not-found', 'There is no such booking of this regulator', {
        text: "Ce rendez-vous n'existe pas, ou n'a pas été pris par vous.",
      });
    const loaded = await this.slots.find('', slotOf(appointment));
    if (loaded === undefined)
      throw new FhirError('not-found', 'The agenda of this booking is gone', {
        text: "L'agenda de ce rendez-vous n'existe plus.",
      });
    return bookedPage(
      { place: await this.slots.place(loaded), zone: loaded.agenda.zone },
      {
        status: appointment['status'],
        start: Date.parse(appointment['start']),
        end: Date.parse(appointment['end']),
        patient: await this.patientName(context, appointment),
      },
    );
  }

  private async patientName(_context: Context, appointment: Resource): Promise<string> {
    const reference = (appointment['participant'] as Json[])
      .map((participant) => participant.actor?.reference as string | undefined)
      .find((one) => one?.startsWith('Patient/'));
    const [patient] = reference === undefined ? [] : await this.reader.readReferences([reference]);
    return patient === undefined ? '' : personName(parseJson(patient.body!) as Resource);
  }
}

function gone(look: Look, open: readonly SasSlot[], asked: string, now: number, given: Given | undefined): HtmlPage {
  return choicePage(look, nearestSlots(open, parseSlotId(asked)?.start ?? now), { gone: true, given });
}

/** Professionals, services and places of the agenda take part; patients of an agenda there are none. */
function actorsOf(loaded: LoadedAgenda): Reference[] {
  return loaded.actors.map((reference) => ({ reference }));
}

function slotOf(appointment: Resource): string {
  return ((appointment['slot'] as Reference[] | undefined)?.[0]?.reference ?? '').replace(/^.*Slot\//, '');
}

function isOf({ regulator }: Person, appointment: Resource): boolean {
  const [one, mine] = [readOperator(appointment)?.identifier, regulator?.operator.identifier];
  return mine !== undefined && one?.system === mine.system && one?.value === mine.value;
}
