/** The public pages of a practice, as the server's operations give and change them. */
import type { Parameter } from '../../../src/fhir/foundation.ts';
import { ask, Refusal, search } from '../../fhir/client.ts';
import { parametersNamed, parameterValue, partsNamed, partValue, partValues } from '../../fhir/parameters.ts';

export const SECTORS = ['1', 'optam', '2', 'none'] as const;
export const PAYMENTS = ['card', 'cheque', 'cash', 'transfer'] as const;
export const THIRD_PARTY = ['everybody', 'law'] as const;
export const LANGUAGES = ['fr', 'en', 'ar', 'es', 'pt', 'de', 'it', 'tr', 'ru', 'uk', 'pl', 'ro', 'zh', 'fsl'] as const;

export interface PublicationValues {
  slug: string;
  indexed: boolean;
  presentation: string;
  sector: string;
  fees: string;
  payments: string[];
  thirdParty: string;
  css: boolean;
  languages: string[];
  /** One a line. */
  sites: string;
}

export interface PublicationPage {
  /** `Practitioner/x`; '' of the practice itself. */
  practitioner: string;
  name: string;
  state: 'draft' | 'published' | 'withdrawn';
  url: string;
  missing: string[];
  hasConsent: boolean;
  isPhysician: boolean;
  /** The person who is logged in is this practitioner. */
  isInPerson: boolean;
  values: PublicationValues;
}

export interface PublicationDesk {
  /** The person who is logged in runs the practice. */
  runs: boolean;
  practice: PublicationPage;
  practitioners: PublicationPage[];
}

export interface CareRefusalReport {
  id: string;
  at: string;
  practitioner: string;
  said: string;
  contact: string;
}

/** `null`: this server has no pages for the public. */
export async function readDesk(practice: string, signal?: AbortSignal): Promise<PublicationDesk | null> {
  try {
    return deskIn((await ask(`/fhir/${practice}/$publication`, { signal })).json);
  } catch (error) {
    if (error instanceof Refusal && error.status === 404) return null;
    throw error;
  }
}

function deskIn(json: Parameters<typeof parametersNamed>[0]): PublicationDesk {
  return {
    runs: parameterValue(json, 'runs') === true,
    practice: pageIn(parametersNamed(json, 'practice')[0]!),
    practitioners: parametersNamed(json, 'practitioner').map(pageIn),
  };
}

function pageIn(part: Parameter): PublicationPage {
  const text = (name: string): string => partValue(part, name) ?? '';
  return {
    practitioner: partValue(part, 'practitioner')?.reference ?? '',
    name: text('name'),
    state: partValue(part, 'state'),
    url: text('url'),
    missing: partsNamed(part, 'missing').map((item) => partValue(item, 'item')),
    hasConsent: partValue(part, 'consent') !== undefined,
    isPhysician: partValue(part, 'physician') === true,
    isInPerson: partValue(part, 'inPerson') === true,
    values: {
      slug: text('slug'),
      indexed: partValue(part, 'indexed') === true,
      presentation: text('presentation'),
      sector: text('sector'),
      fees: text('fees'),
      payments: partValues(part, 'payment'),
      thirdParty: text('thirdParty'),
      css: partValue(part, 'css') === true,
      languages: partValues(part, 'language'),
      sites: partValues(part, 'site').join('\n'),
    },
  };
}

export type PublicationAct = 'publish' | 'unpublish' | 'publication-consent';

/** Answers with the desk as it is then. */
export async function act(practice: string, name: PublicationAct, practitioner: string): Promise<PublicationDesk> {
  return deskIn((await post(practice, name, ofPractitioner(practitioner))).json);
}

export async function writePublication(
  practice: string,
  practitioner: string,
  values: PublicationValues,
): Promise<PublicationDesk> {
  const { slug, indexed, presentation, sector, fees, payments, thirdParty, css, languages, sites } = values;
  const text = (name: string, value: string): Parameter[] =>
    value.trim() === '' ? [] : [{ name, valueString: value.trim() }];
  const own = [
    ...text('sector', sector),
    ...text('fees', fees),
    ...payments.map((value) => ({ name: 'payment', valueString: value })),
    ...text('thirdParty', thirdParty),
    ...(css ? [{ name: 'css', valueBoolean: true }] : []),
    ...languages.map((value) => ({ name: 'language', valueString: value })),
  ];
  return deskIn(
    (
      await post(practice, 'publication-write', [
        ...ofPractitioner(practitioner),
        ...text('slug', slug),
        { name: 'indexed', valueBoolean: indexed },
        ...text('presentation', presentation),
        ...(practitioner === '' ? sites.split('\n').flatMap((site) => text('site', site)) : own),
      ])
    ).json,
  );
}

/** The reports that somebody was refused care, which nobody has closed. */
export async function careRefusals(practice: string, signal: AbortSignal): Promise<CareRefusalReport[]> {
  const { json } = await ask(`/fhir/${practice}/$care-refusals`, { signal });
  return parametersNamed(json, 'report').map((part) => ({
    id: partValue(part, 'id'),
    at: partValue(part, 'at'),
    practitioner: partValue(part, 'practitioner')?.reference ?? '',
    said: partValue(part, 'said'),
    contact: partValue(part, 'contact') ?? '',
  }));
}

export async function closeRefusal(practice: string, report: string): Promise<void> {
  await post(practice, 'care-refusal-close', [{ name: 'report', valueString: report }]);
}

/** The practices in which a practitioner works. */
export async function practicesOfPractitioner(practitioner: string, signal: AbortSignal): Promise<string[]> {
  const { matches } = await search('PractitionerRole', { practitioner, _count: '50' }, signal);
  return [...new Set(matches.flatMap(({ organization }) => organization?.reference ?? []))];
}

function ofPractitioner(practitioner: string): Parameter[] {
  return practitioner === '' ? [] : [{ name: 'practitioner', valueReference: { reference: practitioner } }];
}

function post(practice: string, name: string, parameter: Parameter[]) {
  const body = { resourceType: 'Parameters', ...(parameter.length === 0 ? {} : { parameter }) };
  return ask(`/fhir/${practice}/$${name}`, { method: 'POST', body });
}
