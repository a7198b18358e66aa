/** The appointments that editors have reported, page by page, and the facts that the table shows of each. */
import { useInfiniteQuery, useQuery } from '@tanstack/react-query';
import { isExtension } from '../../../src/fhir/extension.ts';
import { IDNPS } from '../../../src/fhir/french/identifiers.ts';
import type { Bundle } from '../../../src/fhir/foundation.ts';
import { type Appointment, isType, list } from '../../../src/fhir/resources.ts';
import { ask, search } from '../../fhir/client.ts';
import type { ReportsParams } from './params.ts';

const PAGE_SIZE = 50;
const POLL_MS = 5000;

export function useReports({ status, from }: ReportsParams) {
  const { data, ...query } = useInfiniteQuery({
    queryKey: ['reports', status, from],
    initialPageParam: firstPage({ status, from }),
    queryFn: async ({ pageParam, signal }): Promise<Bundle> => (await ask(pageParam, { signal })).json,
    getNextPageParam: nextPage,
    refetchInterval: POLL_MS,
  });
  const appointments = (data?.pages ?? []).flatMap((page) =>
    list(page.entry).flatMap(({ resource }) => (resource && isType(resource, 'Appointment') ? [resource] : [])),
  );
  return { ...query, appointments };
}

function firstPage({ status, from }: ReportsParams): string {
  const filters = [status && `&status=${status}`, from && `&date=ge${from}`].filter(Boolean).join('');
  return `/fhir/Appointment?_sort=-_lastUpdated&_count=${PAGE_SIZE}${filters}`;
}

function nextPage(page: Bundle): string | undefined {
  const next = list(page.link).find((link) => link.relation === 'next')?.url;
  if (next === undefined) return undefined;
  const { pathname, search: query } = new URL(next, location.origin);
  return pathname + query;
}

/** The caller that reported it. A platform that asks for no certificate does not know. */
export function editorOf({ meta }: Appointment): string | undefined {
  const [, caller = ''] = /^urn:creneau:caller:(.*)$/.exec(meta?.source ?? '') ?? [];
  return caller === '' || caller === 'anonymous' ? undefined : decodeURIComponent(caller);
}

/** National identifiers, or names where there are none. */
export function practitionersOf({ participant }: Appointment): string[] {
  return participant.flatMap(({ actor }) => actor?.identifier?.value ?? actor?.display ?? []);
}

export function regulatorOf({ extension: extensions }: Appointment): string {
  const operator = list(extensions).find((extension) => isExtension(extension, 'appointmentOperator'));
  return operator?.['valueReference']?.identifier?.value ?? '';
}

const NO_NAMES: ReadonlyMap<string, string> = new Map();
const MAX_NAMES = 200;

/** Names of practitioners in the directory, by national identifier. */
export function usePractitionerNames(appointments: readonly Appointment[]): ReadonlyMap<string, string> {
  const ids = [...new Set(appointments.flatMap(practitionersOf))].sort().slice(0, MAX_NAMES);
  const { data } = useQuery<ReadonlyMap<string, string>>({
    queryKey: ['practitioner-names', ids],
    enabled: ids.length > 0,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
    queryFn: ({ signal }) => findNames(ids, signal),
  });
  return data ?? NO_NAMES;
}

async function findNames(ids: readonly string[], signal: AbortSignal): Promise<ReadonlyMap<string, string>> {
  const identifiers = ids.map((id) => `${IDNPS}|${id}`).join(',');
  const { matches } = await search(
    'PractitionerRole',
    { 'practitioner.identifier': identifiers, _count: '500' },
    signal,
  );
  return new Map(
    matches.map(({ practitioner }) => [practitioner?.identifier?.value ?? '', practitioner?.display ?? '']),
  );
}
