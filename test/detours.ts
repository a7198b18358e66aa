/**
 * Detours to resources that somebody may not read, as data: every interaction, and every form in which it can name
 * them. A refusal and an empty search are right; a part of the resource never is.
 */
import type { Json } from '../src/fhir/resource.ts';

export interface Detour {
  method: string;
  path: string;
  body?: Json;
}

/** `Type/id` of a resource that is hidden. */
type Hidden = Readonly<{ type: string; id: string }>;

/** Criteria that find the patient `autre`, his father and his appointment, where they are seen. */
const CRITERIA: Readonly<Record<string, readonly string[]>> = {
  Patient: [
    'family=Secret',
    'name:contains=ecre',
    'identifier=urn:ins|autre',
    '_has:Appointment:patient:actor=Practitioner/petit',
  ],
  RelatedPerson: ['name=Secret', 'patient=Patient/autre', 'patient.family=Secret', 'patient.identifier=urn:ins|autre'],
  Appointment: [
    'patient=Patient/autre',
    'actor=Practitioner/petit',
    'patient.family=Secret',
    'date=2026-11-25',
    'status=booked',
  ],
};
const ALL = '_include=*&_include:iterate=*&_revinclude=*&_revinclude:iterate=*';
/** Types that everybody reads, and from which includes lead on. */
const PUBLIC = ['Practitioner', 'PractitionerRole', 'Location', 'Schedule', 'Organization', 'HealthcareService'];

const get = (path: string): Detour => ({ method: 'GET', path });
const entry = (url: string, more: Json = {}, method = 'GET'): Json => ({ request: { method, url, ...more } });
const bundle = (type: string, ...entries: Json[]): Detour => ({
  ...{ method: 'POST', path: '' },
  body: { resourceType: 'Bundle', type, entry: entries },
});

/** `base`: of the server. */
export function detoursTo({ type, id }: Hidden, base: string): Detour[] {
  const name = `${type}/${id}`;
  const reads = [
    ...['', '?_format=xml', '?_elements=id', '?_summary=text', '/_history', '/_history/1', '/$validate', '/$accesses'],
    ...['/Appointment', '/*', '/RelatedPerson', '/$calendar-link', '/$everything', '/_history?_count=1'],
  ].map((rest) => `${name}${rest}`);
  const criteria = CRITERIA[type]!;
  const searches = [`_id=${id}`, `_id:not=nobody`, `_id=${id}&_sort=-_lastUpdated`, ...criteria];
  return [
    ...reads.map(get),
    ...reads.map((path) => ({ ...get(path), method: 'HEAD' })),
    ...searches
      .flatMap((query) => [`${type}?${query}`, `${type}?${query}&${ALL}`, `${type}?${query}&_summary=count`])
      .map(get),
    ...[`${type}/_history`, '_history', `_history?_after=0`, `${type}?${ALL}`, '$export', '$events?_after=0'].map(get),
    // From what everybody reads.
    ...PUBLIC.map((seen) => get(`${seen}?${ALL}`)),
    ...PUBLIC.map((seen) => get(`${seen}?_revinclude=${type}:${type === 'RelatedPerson' ? 'patient' : 'actor'}`)),
    ...['Practitioner/petit/Appointment', 'Practitioner/petit/*', 'Schedule/petit-cabinet/$accesses'].map(get),
    get('Schedule/petit-cabinet/$agenda?start=2026-11-25&end=2026-11-26'),
    get('Slot?schedule=petit-cabinet&start=ge2026-11-25&start=lt2026-11-27&_revinclude=*&_include=*'),
    // By a condition, which finds nothing.
    ...searches.slice(2).flatMap((query) => [
      { method: 'PATCH', path: `${type}?${query}&_id=${id}`, body: [] },
      { method: 'DELETE', path: `${type}?${query}&_id=${id}` },
    ]),
    // As entries.
    ...[
      name,
      `/${name}`,
      `${base}/${name}`,
      `${name}/_history/1`,
      `${type}?_id=${id}`,
      `./${name}`,
      `${type}/x/../${id}`,
    ].flatMap((url) => [
      bundle('batch', entry(url)),
      bundle('transaction', entry(url)),
      bundle('batch', entry(url, {}, 'HEAD')),
    ]),
    ...['W/"1"', 'W/"9"'].flatMap((ifMatch) => [
      bundle('batch', { ...entry(name, { ifMatch }, 'DELETE') }),
      bundle('transaction', { ...entry(name, { ifNoneMatch: ifMatch }) }),
    ]),
    // As references, in every form that means it.
    ...[name, `${base}/${name}`, `${name}/_history/1`, `${type}?_id=${id}`, `${base}/./${name}`].flatMap((reference) =>
      referring(reference),
    ),
  ];
}

/** Requests whose resource names it: they would bring it to an own agenda. */
function referring(reference: string): Detour[] {
  const actor = (to: string): Json => ({ actor: { reference: to }, status: 'accepted' });
  const appointment: Json = {
    ...{ resourceType: 'Appointment', status: 'booked' },
    ...{ start: '2026-11-27T10:00:00+01:00', end: '2026-11-27T10:30:00+01:00' },
    participant: [actor('Practitioner/quota'), actor(reference)],
  };
  const parameters = (resource: Json): Json => ({
    resourceType: 'Parameters',
    parameter: [{ name: 'appointment-resource', resource }],
  });
  const related: Json = { resourceType: 'RelatedPerson', patient: { reference } };
  return [
    { method: 'POST', path: 'Appointment', body: appointment },
    { method: 'POST', path: 'Appointment/$hold', body: parameters(appointment) },
    { method: 'POST', path: 'Appointment/$book', body: parameters(appointment) },
    { method: 'POST', path: 'RelatedPerson', body: related },
    bundle('transaction', { resource: appointment, request: { method: 'POST', url: 'Appointment' } }),
    bundle('batch', { resource: related, request: { method: 'POST', url: 'RelatedPerson' } }),
  ];
}
