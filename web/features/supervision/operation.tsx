/**
 * An operation that only reads, asked again every few seconds; and how its tables write instants and the words of
 * machines.
 */
import { type QueryClient, useQuery } from '@tanstack/react-query';
import type { Json } from '../../../src/fhir/resource.ts';
import { ask } from '../../fhir/client.ts';
import { language } from '../../ui/texts.ts';

const AGAIN_MS = 5000;

export function useOperation(path: string, enabled = true): { data: Json; error: unknown } {
  const { data, error } = useQuery({
    queryKey: ['operation', path],
    enabled,
    queryFn: async ({ signal }) => (await ask(path, { signal })).json,
    refetchInterval: AGAIN_MS,
    retry: false,
    placeholderData: (before: Json) => before,
  });
  return { data, error };
}

/** What was set going ends a moment later: looked at now, and then. */
export function lookSoon(client: QueryClient): void {
  for (const ms of [0, 500, 1500]) setTimeout(() => void client.invalidateQueries(), ms);
}

export function instant(text: string | undefined): string {
  return text === undefined
    ? ''
    : new Intl.DateTimeFormat(language(), { dateStyle: 'short', timeStyle: 'medium' }).format(Date.parse(text));
}

/** What a machine said of a failure, for engineers: in English, and read aloud as such. */
export function Technical({ text }: { text: string | undefined }) {
  return text === undefined || text === '' ? null : <span lang="en">{text}</span>;
}
