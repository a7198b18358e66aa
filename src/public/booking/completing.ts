/**
 * The second half of a booking: for whom, the code, and the booking itself. The visit keeps everything typed, and no
 * address ever holds it. Each form has the token of the visit.
 */
import { judgeBooking, textsOfKind } from '../../agenda/kinds/kind-times.ts';
import { KIND_WORDS } from '../../agenda/kinds/kind-words.ts';
import { participantsOf } from '../../fhir/actors.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { normalise } from '../../fhir/search/text.ts';
import { html, type Html } from '../../rest/html/page.ts';
import type { PublicVisit } from '../../store/records/public-visits.ts';
import { holdOf } from '../../store/records/public-visits.ts';
import { giveLink } from '../../sync/notice/give-link.ts';
import { type BookingFaults, contactOf, EMPTY, faultsOf, readTyped, type TypedBooking } from './booking-form.ts';
import { bookingLimit, MAX_BOOKINGS_IN_PRACTICE } from './booking-limits.ts';
import type { AtPlace, BookingWorld, KnownVisit, Screen, VisitChoice } from './booking-world.ts';
import { HOLD_MS } from './booking-world.ts';
import type { Choosing } from './choosing.ts';
import { CodeDesk } from './code-desk.ts';
import { alreadyPage, bookedPage, codePage, linkPage, stopPage } from './code-page.ts';
import { personPage } from './person-page.ts';
import { csrfOf, hashOf, isSecret, isShownLong, isToken, shownAt } from './verification-code.ts';

/** A visit with the time that it has chosen, and what was typed. */
interface UnderWay extends KnownVisit {
  choice: VisitChoice;
  typed: TypedBooking | undefined;
}

export class Completing {
  private readonly world: BookingWorld;
  private readonly choosing: Choosing;
  private readonly codes: CodeDesk;

  constructor(world: BookingWorld, choosing: Choosing) {
    this.world = world;
    this.choosing = choosing;
    this.codes = new CodeDesk(world);
  }

  async person(at: AtPlace): Promise<Screen> {
    return this.underWay(at, async (visit) => {
      const { form } = at.request;
      if (form === undefined) return this.personScreen(at, visit, visit.typed ?? EMPTY);
      requireToken(visit, form);
      return this.typedPerson(at, visit, readTyped(form), form);
    });
  }

  private async typedPerson(at: AtPlace, visit: UnderWay, typed: TypedBooking, form: URLSearchParams): Promise<Screen> {
    const { now } = at;
    const { kind, loaded, time } = visit.choice;
    await this.keep(visit.visit, typed);
    const faults = faultsOf(typed, now, loaded.agenda.zone, this.world.means.sender.ways);
    const visitor = { as: 'everyone', birthDate: typed.birthDate } as const;
    const own = holdOf(visit.visit);
    const reason = await judgeBooking(this.world.means.services, loaded, kind, visitor, time, now, own);
    if (reason === 'age') faults.birthDate ??= KIND_WORDS.age.french;
    else if (reason !== undefined) return this.choosing.gone(at, await this.reread(visit, now), visit.choice, reason);
    if (Object.keys(faults).length > 0) return this.personScreen(at, visit, typed, { faults });
    if (form.get('slot') !== visit.visit.slot)
      return this.personScreen(at, visit, typed, { notice: html`${OTHER_TIME}` });
    const isHuman = form.get('site') === '' || form.get('site') === null;
    const isSlow = form.get('encore') === '1' || isShownLong(visit.secret, form.get('vu'), now);
    if (!isHuman || !isSlow)
      return this.personScreen(at, visit, typed, { notice: html`${CHECK_AGAIN}`, isAgain: true });
    const fresh = await this.reread(visit, now);
    if (fresh.verified) return { goTo: `${at.place.base}/code` };
    const fault = await this.codes.sendOnce(at, { ...visit, visit: fresh, typed });
    return fault === undefined
      ? { goTo: `${at.place.base}/code` }
      : this.personScreen(at, visit, typed, { faults: { [typed.by === 'sms' ? 'phone' : 'email']: fault } });
  }

  async code(at: AtPlace): Promise<Screen> {
    return this.underWay(at, async (visit) => {
      const { form } = at.request;
      if (visit.typed === undefined || visit.visit.contact === undefined) return { goTo: `${at.place.base}/patient` };
      if (form === undefined) return this.codeScreen(at, visit);
      requireToken(visit, form);
      if (this.isIncomplete(at, visit.typed, visit.choice)) return { goTo: `${at.place.base}/patient` };
      if (form.get('slot') !== visit.visit.slot) return this.codeScreen(at, visit, { notice: html`${OTHER_TIME}` });
      const fault = await this.codes.check(at, visit, form.get('code') ?? '');
      if (fault !== undefined) return this.codeScreen(at, visit, { fault });
      return this.book(at, visit, form.get('remplacer') === '1');
    });
  }

  /** Another code, because none has come. */
  async again(at: AtPlace): Promise<Screen> {
    return this.underWay(at, async (visit) => {
      const { typed } = visit;
      if (at.request.form === undefined || typed === undefined) return { goTo: `${at.place.base}/code` };
      requireToken(visit, at.request.form);
      if (this.isIncomplete(at, typed, visit.choice)) return { goTo: `${at.place.base}/patient` };
      const fault = await this.codes.send(at, { ...visit, typed });
      const words = fault ?? 'Un nouveau code a été envoyé. Seul le dernier reçu est valable.';
      return this.codeScreen(at, visit, { notice: html`<p class="notice" role="status">${words}</p>` });
    });
  }

  async more(at: AtPlace): Promise<Screen> {
    return this.underWay(at, async (visit) => {
      const { form } = at.request;
      const isPerson = form?.has('family') === true;
      const back = { goTo: `${at.place.base}/${isPerson ? 'patient' : 'code'}` };
      if (form === undefined) return back;
      requireToken(visit, form);
      if (isPerson) await this.keep(visit.visit, readTyped(form));
      const { visits, holds } = this.world.means;
      const until = await holds.until(visit.visit, at.now);
      if (until !== undefined && (await visits.extend(visit.visit.id)))
        await holds.take(visit.visit, visit.choice, until + HOLD_MS, at.now);
      return back;
    });
  }

  async release(at: AtPlace): Promise<Screen> {
    const known = await this.world.visitAt(at);
    const { form } = at.request;
    if (known === undefined || form === undefined) return { goTo: at.place.base };
    requireToken(known, form);
    await this.world.means.holds.release(known.visit);
    if ((await this.world.means.writer.bookingOf(known.visit.form)) === undefined)
      await this.world.means.visits.end(known.visit.id);
    return { goTo: at.place.base };
  }

  async confirmed(at: AtPlace): Promise<Screen> {
    const known = await this.world.visitAt(at);
    const booked = known && (await this.world.means.writer.bookingOf(known.visit.form));
    return booked === undefined ? { goTo: at.place.base } : this.bookedScreen(at, known!.visit, booked);
  }

  /** The link of the mail: opening it shows a button, and the button does what the code does. */
  async link(at: AtPlace): Promise<Screen> {
    const { request, now, place } = at;
    const { visits, writer } = this.world.means;
    const token = request.params['token'] ?? '';
    const visit = isSecret(token) ? await visits.byLink(hashOf(token), now) : undefined;
    if (visit === undefined || visit.path !== place.base) return stopPage(place, ...DEAD_LINK);
    const booked = await writer.bookingOf(visit.form);
    if (booked !== undefined) return this.bookedScreen(at, visit, booked);
    const choice = await this.world.choiceOf(at, visit);
    if (choice === undefined || visit.data === undefined || (visit.codeUntil ?? 0) <= now)
      return stopPage(place, ...DEAD_LINK);
    if (request.form === undefined)
      return linkPage(place, await this.world.chosenOf(at, visit, choice), `${place.base}/lien/${token}`);
    const typed = JSON.parse(visit.data) as TypedBooking;
    const isComplete = !this.isIncomplete(at, typed, choice);
    if (!isComplete || !(await visits.verify(visit.id, visit.contact, hashOf(token))))
      return stopPage(place, ...DEAD_LINK);
    const answer = await this.book(at, { visit: { ...visit, verified: true }, secret: '', choice, typed }, false);
    const made = await writer.bookingOf(visit.form);
    return made === undefined ? answer : this.bookedScreen(at, visit, made);
  }

  private async book(at: AtPlace, visit: UnderWay, isReplacing: boolean): Promise<Screen> {
    const { request, now, place } = at;
    const { visits, writer } = this.world.means;
    const { choice, typed } = visit;
    const limit = isReplacing ? await bookingLimit(visits, visit.visit, now) : undefined;
    const replaces = limit?.is === 'already' && !choice.kind.needsApproval ? limit.booking.appointment : undefined;
    try {
      const booked = await writer.book(request.context, { visit: visit.visit, typed: typed!, ...choice, replaces });
      const manage = await giveLink(this.world.means.links, booked, operatorOf(booked));
      await visits.booked(visit.visit.id, JSON.stringify({ manage }), Math.max(now, Date.parse(booked.end ?? '')));
      return { goTo: `${place.base}/confirme` };
    } catch (error) {
      if (!(error instanceof FhirError) || error.status >= 500) throw error;
      return this.refused(at, visit, error);
    }
  }

  private async refused(at: AtPlace, visit: UnderWay, error: FhirError): Promise<Screen> {
    const { now, place } = at;
    const { choice } = visit;
    const limit = await bookingLimit(this.world.means.visits, visit.visit, now);
    if (limit?.is === 'already') {
      const { start, schedule } = limit.booking;
      const mayReplace = !choice.kind.needsApproval && schedule === choice.loaded.schedule && visit.secret !== '';
      const chosen = await this.world.chosenOf(at, visit.visit, choice);
      const earlier = { start, zone: choice.loaded.agenda.zone, mayReplace };
      return alreadyPage(place, chosen, earlier, visit.secret === '' ? '' : csrfOf(visit.secret));
    }
    if (limit?.is === 'many') return stopPage(place, 'Trop de rendez-vous à venir', MANY, 409);
    if (error.code !== 'conflict' && error.code !== 'business-rule') throw error;
    const visitor = { as: 'everyone', birthDate: visit.typed!.birthDate } as const;
    const { services } = this.world.means;
    const reason = await judgeBooking(services, choice.loaded, choice.kind, visitor, choice.time, now);
    return this.choosing.gone(at, visit.visit, choice, reason);
  }

  /** The visit keeps typed faults, so that nothing typed is lost; no code is sent and nothing is booked on them. */
  private isIncomplete({ now }: AtPlace, typed: TypedBooking, { loaded }: VisitChoice): boolean {
    return Object.keys(faultsOf(typed, now, loaded.agenda.zone, this.world.means.sender.ways)).length > 0;
  }

  /** The visit of the browser at this place; without one, or after its booking, the address where it goes on. */
  private async underWay(at: AtPlace, show: (visit: UnderWay) => Promise<Screen>): Promise<Screen> {
    const { place } = at;
    const known = await this.world.visitAt(at);
    if (known === undefined) return at.request.form === undefined ? { goTo: place.base } : stopPage(place, ...NO_VISIT);
    if ((await this.world.means.writer.bookingOf(known.visit.form)) !== undefined)
      return { goTo: `${place.base}/confirme` };
    const choice = await this.world.choiceOf(at, known.visit);
    if (choice === undefined) return this.choosing.gone(at, known.visit, undefined);
    const { data } = known.visit;
    const typed = data === undefined ? undefined : (JSON.parse(data) as TypedBooking);
    return show({ ...known, choice, typed });
  }

  private async personScreen(
    at: AtPlace,
    { visit, secret, choice }: UnderWay,
    typed: TypedBooking,
    more: { faults?: BookingFaults; notice?: Html; isAgain?: boolean } = {},
  ): Promise<Screen> {
    const chosen = await this.world.chosenOf(at, visit, choice);
    const { ways } = this.world.means.sender;
    const csrf = csrfOf(secret);
    return personPage(at.place, { chosen, typed, csrf, ways, shown: shownAt(secret, at.now), ...more });
  }

  private async codeScreen(
    at: AtPlace,
    { visit, secret, choice, typed }: UnderWay,
    more: { fault?: string; notice?: Html } = {},
  ): Promise<Screen> {
    const chosen = await this.world.chosenOf(at, visit, choice);
    const contact = contactOf(typed!) ?? '';
    return codePage(at.place, { chosen, contact, csrf: csrfOf(secret), isVerified: visit.verified, ...more });
  }

  private async bookedScreen(at: AtPlace, visit: PublicVisit, appointment: Appointment): Promise<Screen> {
    const { status, start, id } = appointment;
    at.request.tell({ code: 'page', entities: [`Appointment/${id}`] });
    // It was written after the booking: what was typed may still be there.
    const { manage } = JSON.parse(visit.data ?? '{}') as { manage?: string };
    const choice = await this.world.choiceOf(at, visit);
    const { services } = this.world.means;
    const texts = choice === undefined ? undefined : await textsOfKind(services, choice.loaded, visit.kind);
    return bookedPage(at.place, {
      ...{ status, start: Date.parse(start ?? ''), zone: choice?.loaded.agenda.zone ?? 'Europe/Paris' },
      kindName: choice?.kind.name ?? '',
      manage,
      texts: [texts?.before, texts?.documents].filter((text) => text !== undefined),
    });
  }

  /** Keeps what was typed, and the pseudonyms by which bookings are counted. */
  private async keep({ id }: PublicVisit, typed: TypedBooking): Promise<void> {
    const { secrets, visits } = this.world.means;
    const contact = contactOf(typed);
    const person = normalise(`${typed.family} ${typed.given} ${typed.birthDate}`);
    await visits.type(
      id,
      JSON.stringify(typed),
      contact && secrets.pseudonym(`contact ${contact}`),
      secrets.pseudonym(`person ${person}`),
    );
  }

  private async reread({ visit }: KnownVisit, now: number): Promise<PublicVisit> {
    return (await this.world.means.visits.find(visit.id, now)) ?? visit;
  }
}

/** The patient, or the relative who booked. */
function operatorOf(appointment: Appointment): string {
  const people = participantsOf(appointment).filter((target) => /^(Patient|RelatedPerson)\//.test(target));
  return people.find((target) => target.startsWith('RelatedPerson/')) ?? people[0]!;
}

function requireToken({ secret }: KnownVisit, form: URLSearchParams): void {
  if (isToken(secret, form.get('csrf'))) return;
  throw new FhirError('forbidden', 'The form does not carry the token of this visit', {
    text: 'Ce formulaire ne vient pas de votre visite : rechargez la page et recommencez.',
  });
}

const OTHER_TIME = html`<p class="notice bad" role="alert">Vous avez choisi un autre horaire entre-temps, dans une autre
fenêtre : le voici. Vérifiez-le avant de continuer.</p>`;
const CHECK_AGAIN = html`<p class="notice" role="status">Merci de vérifier ce qui est écrit, puis de continuer.</p>`;
const MANY =
  `Cette adresse ou ce numéro a déjà ${MAX_BOOKINGS_IN_PRACTICE} rendez-vous à venir dans ce cabinet. ` +
  'Pour en prendre un autre, appelez le cabinet.';
const DEAD_LINK = ['Lien périmé', "Ce lien n'est plus valable : aucun rendez-vous n'a été pris par lui.", 410] as const;
const NO_VISIT = [
  'Votre visite est terminée',
  "Trop de temps a passé, ou votre navigateur refuse les cookies : aucun rendez-vous n'a été pris.",
  409,
] as const;
