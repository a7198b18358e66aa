/** The places that a person can type: a commune, which the server finds, or a point. */
import { useQuery } from '@tanstack/react-query';
import type { Bundle } from '../../../src/fhir/foundation.ts';
import { isType, list, type Location } from '../../../src/fhir/resources.ts';
import { ask } from '../../fhir/client.ts';
import { pointIn } from './points.ts';

export interface Town {
  /** `Val-de-Brume (58000)` */
  label: string;
  /** INSEE code. */
  code: string | undefined;
  /** `latitude|longitude` */
  near: string;
}

const MIN_LETTERS = 2;

/** The communes that what is typed may mean. */
export function useTowns(typed: string): Town[] {
  const text = typed.trim();
  const { data } = useQuery({
    queryKey: ['towns', text],
    queryFn: ({ signal }) => findTowns(text, signal),
    enabled: text.length >= MIN_LETTERS && pointIn(text) === undefined,
    staleTime: Number.POSITIVE_INFINITY,
    placeholderData: (before) => before,
  });
  return data ?? [];
}

/** The town of what is typed: a point, a town of the list, or else the first that the server finds. */
export async function townOf(typed: string, listed: readonly Town[]): Promise<Town | undefined> {
  const text = typed.trim();
  if (text === '') return undefined;
  const point = pointIn(text);
  if (point !== undefined) return { label: text, code: undefined, near: `${point.latitude}|${point.longitude}` };
  return listed.find((town) => town.label === text) ?? (await findTowns(text))[0];
}

/** By name or INSEE code, as a dispatch software names it: some codes are postcodes of other communes. */
export async function communeOf(text: string): Promise<Town | undefined> {
  const towns = await findTowns(text);
  return towns.find(({ code }) => code === text) ?? towns[0];
}

async function findTowns(text: string, signal?: AbortSignal): Promise<Town[]> {
  // The list shows the postcode in brackets, which the search does not know.
  const name = text.replace(/\s*\(\d*\)?\s*$/, '');
  const { json }: { json: Bundle } = await ask(`/fhir/$places?text=${encodeURIComponent(name)}&_count=8`, { signal });
  return list(json.entry).flatMap(({ resource }) => (resource && isType(resource, 'Location') ? townIn(resource) : []));
}

function townIn({ name, address, position, identifier }: Location): Town[] {
  if (position === undefined) return [];
  const code = list(identifier)[0]?.value;
  return [{ label: `${name} (${address?.postalCode})`, code, near: `${position.latitude}|${position.longitude}` }];
}
