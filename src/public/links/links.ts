/**
 * `/r/{token}`: what a patient does after a booking, without an account. GET and HEAD only show, since programs open
 * the links of mails; POST acts. A link that nobody has, and one that is over, give the same page. ADR 0037
 */
import type { RuleServices } from '../../agenda/rules/services.ts';
import type { Context } from '../../fhir/interaction.ts';
import { FhirError } from '../../fhir/issue.ts';
import { parseResource } from '../../fhir/json.ts';
import { slotNamed } from '../named-slot.ts';
import { linkEnd } from '../../scheduling/link-end.ts';
import type { PublicPage } from '../../rest/html/public-page.ts';
import type { PublicFile, PublicHandler, PublicRequest } from '../../rest/html/public-route.ts';
import type { CountedLimit, LimitCounters } from '../../store/records/limit-counters.ts';
import type { ManageLinks } from '../../store/records/manage-links.ts';
import { calendarFile } from './calendar-file.ts';
import { come, isLeavable, isMovable, leave, move, type Writer } from './link-acts.ts';
import { leavePage, type LinkModel, visitPage } from './link-page.ts';
import { confirmPage, takenPage, timesPage } from './move-page.ts';
import { daysFrom, nearestTimes, timeWithId } from './move-times.ts';
import { readWish, waitForEarlier } from '../waiting/join-list.ts';
import { wishPage } from '../waiting/waiting-page.ts';
import { actOnWaiting, isWaiting, showWaiting } from '../waiting/waiting-visit.ts';
import { giveLink } from '../../sync/notice/give-link.ts';
import { visitOf } from './visit.ts';

/** Each may write to others, and make offers: more than anybody needs. */
const ACTS: CountedLimit = { name: 'acts', most: 20, windowMs: 3_600_000 };

export interface LinkParts {
  services: RuleServices;
  counters: LimitCounters;
  links: ManageLinks;
  backend: Writer;
}

type Shown = PublicPage | { goTo: string };

interface Opened extends LinkModel {
  person: string;
  context: Context;
}

export class LinkPages {
  private readonly parts: LinkParts;

  constructor(parts: LinkParts) {
    this.parts = parts;
  }

  readonly page: PublicHandler = async (request) => {
    const opened = await this.open(request);
    if (request.form !== undefined) {
      const { appointment } = opened.visit;
      const waitMs = await this.parts.counters.spend(ACTS, appointment.id!, opened.now);
      if (waitMs !== undefined) throw tooOften();
      return this.act(opened, request.form);
    }
    return this.show(opened, request.query);
  };

  readonly calendar: PublicHandler = async (request): Promise<PublicFile> => {
    const { visit } = await this.open(request);
    const text = calendarFile(visit);
    if (text === undefined || request.form !== undefined) throw noLink();
    return { type: 'text/calendar; charset=utf-8', text, keptSeconds: 0, isPrivate: true };
  };

  /** Throws `not-found` for a link that nobody has, or whose appointment is over since a day. */
  private async open({ params, context, tell }: PublicRequest): Promise<Opened> {
    const { links, services } = this.parts;
    const { token = '' } = params;
    const link = /^[A-Za-z0-9_-]{32}$/.test(token) ? await links.find(token) : undefined;
    const stored = link && (await services.reader.read('Appointment', link.appointment));
    tell({ code: 'manage-link' });
    if (link === undefined || stored?.body === undefined) throw noLink();
    const appointment = parseResource('Appointment', stored.body);
    if (linkEnd(appointment) <= context.now) throw noLink();
    tell({
      entities: [`Appointment/${link.appointment}`, link.person],
      agent: { name: 'patient link' },
    });
    return {
      visit: await visitOf(services, appointment),
      ...{ path: `/r/${token}`, now: context.now, person: link.person },
      context: { ...context, caller: 'lien du patient', roles: ['*'] },
    };
  }

  private async show(opened: Opened, query: URLSearchParams): Promise<Shown> {
    const { visit, now } = opened;
    if (query.has('attendre') && isMovable(visit, now)) return wishPage(opened);
    if (isWaiting(opened) && !query.has('annuler')) return showWaiting(this.parts.services, opened);
    if (query.has('annuler') && isLeavable(visit, now)) return leavePage(opened);
    if (query.has('deplacer') && isMovable(visit, now)) return this.times(opened, query);
    const done = query.get('fait');
    const text = done === null ? undefined : DONE.get(done);
    return visitPage(opened, text === undefined ? undefined : { text });
  }

  private async times(opened: Opened, query: URLSearchParams): Promise<PublicPage> {
    const { services } = this.parts;
    const { visit, now } = opened;
    const id = query.get('deplacer') ?? '';
    if (id !== '') {
      const time = await timeWithId(services, visit, id, now);
      if (time !== undefined) return confirmPage(opened, time);
      return takenPage(opened, await nearestTimes(services, visit, slotNamed(id)?.start ?? now, now), 200);
    }
    const after = Number(query.get('apres') ?? Number.NaN);
    const { days, next } = await daysFrom(services, visit, isNear(after, now) ? Math.max(after, now) : now, now);
    return timesPage(opened, days, next);
  }

  private async act(opened: Opened, form: URLSearchParams): Promise<Shown> {
    const { backend } = this.parts;
    const { visit, now, context, path, person } = opened;
    try {
      switch (form.get('faire')) {
        case 'annuler':
          if (!isLeavable(visit, now)) return visitPage(opened);
          if (![null, visit.appointment.status].includes(form.get('etat'))) return changedPage(opened);
          await leave(backend, context, visit, form.get('raison') ?? '');
          return { goTo: path };
        case 'deplacer':
          return await this.move(opened, form);
        case 'venir':
          if (visit.appointment.status !== 'booked' || visit.start <= now) return visitPage(opened);
          await come(backend, context, visit, person);
          return { goTo: path };
        case 'attendre':
          return await this.wait(opened, form);
        case 'prendre':
        case 'laisser':
        case 'reprendre':
          await actOnWaiting(backend, context, visit, form);
          return { goTo: path };
        default:
          return visitPage(opened, { text: 'Cette demande n’a pas été comprise : rien n’a changé.', isBad: true }, 400);
      }
    } catch (error) {
      if (!(error instanceof FhirError) || error.status >= 500) throw error;
      return this.refused(opened, error);
    }
  }

  private async move(opened: Opened, form: URLSearchParams): Promise<Shown> {
    const { services, links, backend } = this.parts;
    const { visit, now, context, path } = opened;
    const id = form.get('creneau') ?? '';
    const isDone = visit.appointment.slot?.some(({ reference }) => reference === `Slot/${id}`) === true;
    if (isDone) return { goTo: `${path}?fait=deplace` };
    if (!isMovable(visit, now)) return visitPage(opened);
    if (form.get('vu') !== String(visit.start)) return changedPage(opened);
    const time = await timeWithId(services, visit, id, now);
    const nearest = () => nearestTimes(services, visit, slotNamed(id)?.start ?? now, now);
    if (time === undefined) return takenPage(opened, await nearest());
    try {
      await move(backend, context, visit, time);
    } catch (error) {
      if (!(error instanceof FhirError) || !['conflict', 'business-rule'].includes(error.code)) throw error;
      const current = await this.current(opened);
      if (current.visit.start !== visit.start) return this.refused(current, error);
      return takenPage(current, await nearest());
    }
    await links.keep(visit.appointment.id!, linkEnd({ ...visit.appointment, end: new Date(time.end).toISOString() }));
    return { goTo: `${path}?fait=deplace` };
  }

  private async wait(opened: Opened, form: URLSearchParams): Promise<Shown> {
    const { services, backend, links } = this.parts;
    const { visit, now, context, person } = opened;
    if (!isMovable(visit, now)) return visitPage(opened);
    const entry = await waitForEarlier(services, backend, context, visit, person, readWish(form));
    return { goTo: await giveLink(links, entry, person) };
  }

  /** Somebody was faster, or a rule stands in the way: the page says so, and shows what is. */
  private async refused(opened: Opened, error: FhirError): Promise<PublicPage> {
    const text = error.issues[0]?.text ?? 'Rien n’a changé.';
    const current = await this.current(opened);
    const notice = { text, isBad: true };
    return isWaiting(current)
      ? showWaiting(this.parts.services, current, notice, error.status)
      : visitPage(current, notice, error.status);
  }

  private async current(opened: Opened): Promise<Opened> {
    const { services } = this.parts;
    const stored = await services.reader.read('Appointment', opened.visit.appointment.id!);
    if (stored?.body === undefined) throw noLink();
    return { ...opened, visit: await visitOf(services, parseResource('Appointment', stored.body)) };
  }
}

function changedPage(opened: Opened): PublicPage {
  return visitPage(opened, { text: 'Ce rendez-vous a changé entre-temps. Le voici maintenant.', isBad: true }, 409);
}

const DONE: ReadonlyMap<string, string> = new Map([
  ['deplace', 'Rendez-vous déplacé. Votre ancien horaire est libre pour quelqu’un d’autre.'],
]);

/** In the coming two years: nobody books later. */
function isNear(value: number, now: number): boolean {
  return Number.isSafeInteger(value) && value > 0 && value < now + 2 * 365 * 86_400_000;
}

function tooOften(): FhirError {
  return new FhirError('throttled', 'Too many acts on one appointment in an hour', {
    text:
      'Trop de changements de ce rendez-vous en une heure : rien n’a changé. ' +
      'Réessayez plus tard, ou appelez le cabinet.',
  });
}

function noLink(): FhirError {
  return new FhirError('not-found', 'This link is unknown, or over', {
    text: 'Ce lien n’existe pas, ou n’est plus valable.',
  });
}
