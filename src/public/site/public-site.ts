/** The pages of the public by their addresses: what the parts of the public room look up. */
import type { RuleServices } from '../../agenda/rules/services.ts';
import { FhirError } from '../../fhir/issue.ts';
import type { PageFrame } from '../../rest/html/public-page.ts';
import type { PublicRoutes } from '../../rest/html/public-route.ts';
import type { Feature, ServerParts } from '../../server/feature.ts';
import type { AgendaBackend } from '../../agenda/agenda-backend.ts';
import { localDate } from '../../scheduling/zone.ts';
import { type Publication, PublicationStore } from '../../store/records/publications.ts';
import type { PublicTime } from './next-times.ts';
import {
  findPractices,
  findPractitioners,
  type PracticePage,
  type PractitionerPage,
  phoneOfPractitioner,
} from './pages-found.ts';

/** A part of the public pages: its addresses, and whatever a feature adds to a server beside routes. */
export interface PublicPart
  extends Pick<Feature<AgendaBackend>, 'operations' | 'followers' | 'start' | 'reload' | 'close'> {
  /** Adds the addresses; `backend` writes, with the rights that the part gives itself. */
  open?(routes: PublicRoutes, backend: AgendaBackend): void;
  /** The address at which a visitor books with a practitioner; `kind` is chosen already. */
  bookingPath?(page: PractitionerPage, kind?: string): string | undefined;
}

export interface PublicSiteParts {
  site: PublicSite;
  services: RuleServices;
  parts: ServerParts;
}

export class PublicSite {
  readonly publications: PublicationStore;
  private readonly services: RuleServices;
  private readonly booking: PublicPart['bookingPath'][] = [];

  constructor({ database }: Pick<ServerParts, 'database'>, services: RuleServices) {
    this.publications = new PublicationStore(database);
    this.services = services;
  }

  /** The practice at `/p/{slug}`. Throws 404 for one that never was on line, 410 for one that was. */
  async practice(slug: string): Promise<PracticePage> {
    const [own] = await this.publications.find(slug);
    requireOnLine(own);
    const found = await findPractices(this.services, [own]);
    return found.get(own.practice) ?? fail(goneFromHere());
  }

  /** The practitioner at `/p/{practice}/{slug}`. Throws as above. */
  async practitioner(practice: string, slug: string, now: number): Promise<PractitionerPage> {
    const [own, page] = await this.publications.find(practice, slug);
    if (page === undefined || page.state === 'draft' || own!.state === 'draft') throw unknownPage();
    requireOnLine(own);
    requireOnLine(page);
    const practices = await findPractices(this.services, [own]);
    const [found] = await findPractitioners(this.services, practices, [page], now);
    return found ?? fail(goneFromHere());
  }

  /** The practitioners of a practice who are on line, by name. */
  async practitionersOf(practice: PracticePage, now: number): Promise<PractitionerPage[]> {
    const { practice: id } = practice.publication;
    const pages = (await this.publications.ofPractice(id)).filter(isPractitionerOnLine);
    const found = await findPractitioners(this.services, new Map([[id, practice]]), pages, now);
    return found.sort((a, b) => a.name.localeCompare(b.name, 'fr'));
  }

  /** Where a visitor books; `undefined`: this server takes no bookings by its pages. `time`: the day is shown first. */
  bookingPath(page: PractitionerPage, kind?: string, time?: PublicTime): string | undefined {
    const path = this.booking.map((pathOf) => pathOf?.(page, kind)).find((known) => known !== undefined);
    if (path === undefined || time === undefined) return path;
    return `${path}${path.includes('?') ? '&' : '?'}le=${localDate(time.start, time.loaded.agenda.zone)}`;
  }

  /** Parts that take bookings say where. */
  addBooking(path: PublicPart['bookingPath']): void {
    this.booking.push(path);
  }

  /** The frame of a page on behalf of a practice or of one of its practitioners. */
  frameOf(page: PracticePage | PractitionerPage): PageFrame {
    const practice = 'practice' in page ? page.practice : page;
    return {
      name: practice.name,
      path: practice.path,
      phone: 'practice' in page ? phoneOfPractitioner(page) : page.phone,
      links: [
        { path: `${practice.path}/donnees`, text: 'Vos données' },
        { path: `${practice.path}/accessibilite`, text: 'Accessibilité : partiellement conforme' },
        { path: `${practice.path}/refus-de-soins`, text: 'Signaler un refus de soins' },
      ],
    };
  }
}

function isPractitionerOnLine({ practitioner, state }: Publication): boolean {
  return practitioner !== '' && state === 'published';
}

function requireOnLine(page: Publication | undefined): asserts page is Publication {
  if (page === undefined || page.state === 'draft') throw unknownPage();
  if (page.state === 'withdrawn') throw goneFromHere();
}

/** The same for an address that nobody has and for one that nobody may know of. */
export function unknownPage(): FhirError {
  return new FhirError('not-found', 'There is no page at this address', { text: "Cette page n'existe pas." });
}

function goneFromHere(): FhirError {
  return new FhirError('deleted', 'This page was withdrawn', {
    text: "Cette page n'est plus en ligne. Le cabinet répond par téléphone.",
  });
}

function fail(error: FhirError): never {
  throw error;
}
