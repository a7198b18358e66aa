/** The common ground of the screens of a booking: the place of the address, the visit of the browser, the means. */
import type { LoadedAgenda } from '../../agenda/agendas.ts';
import { kindWithKey } from '../../agenda/kinds/kind-times.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import { localId } from '../../fhir/local-reference.ts';
import { parseResource } from '../../fhir/json.ts';
import { proxyList } from '../../rest/access/proxy.ts';
import type { PublicPage } from '../../rest/html/public-page.ts';
import type { GoTo, PublicRequest } from '../../rest/html/public-route.ts';
import type { Config } from '../../runtime/config.ts';
import type { Secrets } from '../../runtime/secrets.ts';
import type { AgendaKind } from '../../scheduling/agenda-kinds.ts';
import type { Interval } from '../../scheduling/interval.ts';
import { slotNamed } from '../named-slot.ts';
import type { LimitCounters } from '../../store/records/limit-counters.ts';
import type { ManageLinks } from '../../store/records/manage-links.ts';
import type { PublicVisit, PublicVisits } from '../../store/records/public-visits.ts';
import { kindsOf, type OfferedKind, phoneOfPractitioner, type PractitionerPage } from '../site/pages-found.ts';
import type { PublicSite } from '../site/public-site.ts';
import { addressOf } from '../site/words.ts';
import { TooOften } from './booking-limits.ts';
import type { BookingPlace, ChosenTime } from './booking-view.ts';
import type { BookingWriter } from './booking-writer.ts';
import type { KindChoice } from './choice-pages.ts';
import { stopPage } from './code-page.ts';
import type { CodeSender } from './code-sender.ts';
import { networkOf, visitorAddress } from './network.ts';
import type { TimeHolds } from './time-hold.ts';
import { hashOf, isSecret } from './verification-code.ts';

export const HOLD_MS = 10 * 60_000;
/** A visit dies so long after a time was chosen last: others may use the same browser. */
export const VISIT_MS = 2 * 60 * 60_000;

export interface BookingMeans {
  site: PublicSite;
  services: RuleServices;
  visits: PublicVisits;
  counters: LimitCounters;
  holds: TimeHolds;
  sender: CodeSender;
  writer: BookingWriter;
  links: ManageLinks;
  secrets: Secrets;
  config: Pick<Config, 'trustedProxy'>;
}

/** A request for a screen of one practitioner. */
export interface AtPlace {
  request: PublicRequest;
  now: number;
  page: PractitionerPage;
  place: BookingPlace;
  /** Hash of the network of the visitor. */
  network: string;
}

/** A visit under way, and the secret that its browser has shown. */
export interface KnownVisit {
  visit: PublicVisit;
  secret: string;
}

/** The time of a visit as the agenda has it. */
export interface VisitChoice {
  loaded: LoadedAgenda;
  kind: AgendaKind;
  time: Interval;
}

export type Screen = PublicPage | GoTo;

export class BookingWorld {
  readonly means: BookingMeans;
  private readonly isProxy: (address: string | undefined) => boolean;

  constructor(means: BookingMeans) {
    this.means = means;
    this.isProxy = proxyList(means.config.trustedProxy);
  }

  /** The place of an address, or 404 and 410 as its page. Limits become a page in words. */
  async at(request: PublicRequest, show: (at: AtPlace) => Promise<Screen>): Promise<Screen> {
    const { params, context, sender } = request;
    const { site, secrets } = this.means;
    const page = await site.practitioner(params['practice']!, params['practitioner']!, context.now);
    const address = visitorAddress(sender.socket, sender.forwarded, this.isProxy);
    const place = placeOf(site, page);
    const own = { ...request, context: { ...context, address } };
    const at = { request: own, now: context.now, page, place, network: secrets.pseudonym(networkOf(address)) };
    try {
      return await show(at);
    } catch (error) {
      if (!(error instanceof TooOften)) throw error;
      return tooOftenPage(place, error);
    }
  }

  /** The visit that this browser has under way at this place. */
  async visitAt({ request, now, place }: AtPlace): Promise<KnownVisit | undefined> {
    const secret = request.visit;
    if (secret === undefined || !isSecret(secret)) return undefined;
    const visit = await this.means.visits.find(hashOf(secret), now);
    return visit !== undefined && visit.path === place.base ? { visit, secret } : undefined;
  }

  /** The time that the visit has chosen; `undefined`: the page offers it no more. */
  choiceOf({ page }: AtPlace, visit: Pick<PublicVisit, 'kind' | 'slot'>): Promise<VisitChoice | undefined> {
    return this.find(page, visit.kind, visit.slot);
  }

  private async find({ agendas }: PractitionerPage, key: string, slot: string): Promise<VisitChoice | undefined> {
    const named = slotNamed(slot);
    const known = named === undefined ? await this.written(slot) : undefined;
    const loaded = agendas.find(({ code, schedule }) => code === named?.agenda || schedule === known?.schedule);
    const kind = loaded && kindWithKey(loaded, key);
    const time = named === undefined ? known?.time : { start: named.start, end: named.start + named.durationMs };
    return loaded === undefined || kind === undefined || time === undefined ? undefined : { loaded, kind, time };
  }

  /** A Slot that somebody wrote. */
  private async written(id: string): Promise<{ schedule: string; time: Interval } | undefined> {
    if (!/^[A-Za-z0-9.-]{1,64}$/.test(id)) return undefined;
    const stored = await this.means.services.reader.read('Slot', id);
    if (stored?.body === undefined) return undefined;
    const { schedule, start, end } = parseResource('Slot', stored.body);
    const found = localId(schedule, 'Schedule');
    return found === undefined
      ? undefined
      : { schedule: found, time: { start: Date.parse(start), end: Date.parse(end) } };
  }

  async chosenOf({ now }: AtPlace, visit: PublicVisit, { kind, time, loaded }: VisitChoice): Promise<ChosenTime> {
    const heldUntil = await this.means.holds.until(visit, now);
    return {
      ...{ kindName: kind.name, slot: visit.slot, start: time.start, zone: loaded.agenda.zone, heldUntil },
      mayExtend: !visit.extended,
    };
  }
}

export const EVERYONE = { as: 'everyone' } as const;

/** A kind by its key, or by its code alone, as an address names it. */
export function offeredKind(page: PractitionerPage, named: string | null): OfferedKind | undefined {
  const kinds = kindsOf(page, EVERYONE);
  return kinds.find(({ key }) => key === named) ?? kinds.find(({ key }) => key.slice(key.indexOf('|') + 1) === named);
}

export function kindChoice({ key, name, offers }: OfferedKind): KindChoice {
  const { durationMs, needsApproval } = offers[0]!.kind;
  return { key, name, minutes: durationMs / 60_000, needsApproval };
}

function placeOf(site: PublicSite, page: PractitionerPage): BookingPlace {
  const [place] = page.places;
  return {
    ...{ base: `${page.path}/rendez-vous`, home: page.path, practice: page.practice.path, practitioner: page.name },
    address: place === undefined ? '' : addressOf(place),
    phone: phoneOfPractitioner(page),
    frame: site.frameOf(page),
  };
}

const WORDS: ReadonlyMap<string, string> = new Map([
  ['sends', 'Trop de codes ont été envoyés à cette adresse ou à ce numéro.'],
  ['codes', 'Trop de codes ont été demandés depuis votre connexion.'],
]);

function tooOftenPage(place: BookingPlace, { limit, waitMs }: TooOften): PublicPage {
  const minutes = Math.max(1, Math.ceil(waitMs / 60_000));
  const words = WORDS.get(limit.name) ?? 'Trop de demandes depuis votre connexion.';
  const text = `${words} Réessayez dans ${minutes} minute${minutes > 1 ? 's' : ''}, ou appelez le cabinet.`;
  return {
    ...stopPage(place, 'Trop de demandes', text, 429),
    retryAfterSeconds: Math.max(1, Math.ceil(waitMs / 1000)),
  };
}
