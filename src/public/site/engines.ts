/**
 * For search engines: the pages that a practice wants to be found, with their structured data, the list of them, and
 * the addresses that are none of theirs. Structured data name days, never times: times are stale tomorrow.
 */
import { list, type Location } from '../../fhir/resources.ts';
import { isPhysician } from './gate.ts';
import { findPractices, type PracticePage, type PractitionerPage, phoneOfPractitioner } from './pages-found.ts';
import type { PublicPart, PublicSiteParts } from './public-site.ts';
import { LANGUAGE_WORDS, specialtyOf } from './words.ts';

/** A file of the protocol holds so many addresses at most. https://www.sitemaps.org/protocol.html */
const MAX_ADDRESSES = 50_000;

/** Neither links of patients, nor logins, nor data; nor one page under many queries. */
const ROBOTS = `User-agent: *
Disallow: /r/
Disallow: /auth
Disallow: /fhir
Disallow: /sas
Disallow: /rdv
Disallow: /p/*/*/rendez-vous
Disallow: /*?
`;

export function enginesPart({ site, services }: Omit<PublicSiteParts, 'parts'>): PublicPart {
  return {
    open(routes) {
      routes.add('/robots.txt', async ({ origin }) => ({
        type: 'text/plain; charset=utf-8',
        text: `${ROBOTS}\nSitemap: ${origin}/sitemap.xml\n`,
        keptSeconds: 3600,
      }));
      routes.add('/sitemap.xml', async ({ origin }) => {
        const publications = (await site.publications.published()).slice(0, MAX_ADDRESSES);
        const practices = await findPractices(
          services,
          publications.filter(({ practitioner }) => practitioner === ''),
        );
        const paths = publications.flatMap(({ practice, practitioner, slug, isIndexed }) => {
          const path = practices.get(practice)?.path;
          if (!isIndexed || path === undefined) return [];
          return practitioner === '' ? [path] : [`${path}/${slug}`];
        });
        return { type: 'application/xml; charset=utf-8', text: sitemap(origin, paths), keptSeconds: 3600 };
      });
    },
  };
}

/** Addresses are made of letters, digits and hyphens. */
function sitemap(origin: string, paths: readonly string[]): string {
  const entries = paths.map((path) => `<url><loc>${origin}${path}</loc></url>`).join('\n');
  return `<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
${entries}
</urlset>
`;
}

interface ForEngines {
  canonical?: string;
  description?: string;
  data?: object;
  /** Of the head of the page: « Dr X, médecin généraliste à Y ». */
  headTitle?: string;
}

export function practiceForEngines(page: PracticePage, places: readonly Location[], origin: string): ForEngines {
  if (!page.publication.isIndexed) return {};
  const [place] = places;
  const city = place?.address?.city;
  return {
    canonical: origin + page.path,
    headTitle: city === undefined ? page.name : `${page.name}, ${city}`,
    description: `Prendre rendez-vous en ligne : ${page.name}${city === undefined ? '' : `, ${city}`}.`,
    data: {
      '@context': 'https://schema.org',
      '@type': 'MedicalClinic',
      ...{ name: page.name, url: origin + page.path },
      ...(page.phone === undefined ? {} : { telephone: page.phone }),
      ...placeData(place),
    },
  };
}

export function practitionerForEngines(page: PractitionerPage, origin: string): ForEngines {
  if (!page.publication.isIndexed) return {};
  const [place] = page.places;
  const specialty = specialtyOf(page);
  const city = place?.address?.city;
  const title = [page.name, specialty === '' ? '' : `, ${specialty}`, city === undefined ? '' : ` à ${city}`].join('');
  const phone = phoneOfPractitioner(page);
  return {
    canonical: origin + page.path,
    headTitle: title,
    description: `Prendre rendez-vous en ligne avec ${title}.`,
    data: {
      '@context': 'https://schema.org',
      '@type': isPhysician(page) ? 'Physician' : 'MedicalBusiness',
      ...{ name: page.name, url: origin + page.path },
      ...(specialty === '' ? {} : { medicalSpecialty: specialty }),
      ...(phone === undefined ? {} : { telephone: phone }),
      ...placeData(place),
      ...(page.profile.languages === undefined
        ? {}
        : { knowsLanguage: page.profile.languages.map((code) => LANGUAGE_WORDS.get(code) ?? code) }),
      parentOrganization: { '@type': 'MedicalClinic', name: page.practice.name, url: origin + page.practice.path },
      potentialAction: { '@type': 'ReserveAction', target: origin + page.path },
    },
  };
}

function placeData(place: Location | undefined): object {
  const { address, hoursOfOperation } = place ?? {};
  const hours = list(hoursOfOperation).flatMap(({ daysOfWeek = [] }) => daysOfWeek.map((day) => DAYS.get(day) ?? ''));
  return {
    ...(address === undefined
      ? {}
      : {
          address: {
            '@type': 'PostalAddress',
            streetAddress: list(address.line).join(', '),
            ...(address.postalCode === undefined ? {} : { postalCode: address.postalCode }),
            ...(address.city === undefined ? {} : { addressLocality: address.city }),
            addressCountry: 'FR',
          },
        }),
    ...(hours.length === 0 ? {} : { openingHours: [...new Set(hours)].filter(Boolean) }),
  };
}

const DAYS: ReadonlyMap<string, string> = new Map(
  Object.entries({ mon: 'Mo', tue: 'Tu', wed: 'We', thu: 'Th', fri: 'Fr', sat: 'Sa', sun: 'Su' }),
);
