/** An operation that only reads, asked again every few seconds; and instants as its tables write them. */
import { useQuery } from '@tanstack/react-query';
import type { Json } from '../../src/fhir/resource.ts';
import { ask } from '../fhir/client.ts';
import { language } from '../shell/texts.ts';

const AGAIN_MS = 5000;

export function useOperation(path: string): { data: Json; error: unknown } {
  const { data, error } = useQuery({ queryKey: ['operation', path], queryFn: async ({ signal }) => (await ask(path, { signal })).json, refetchInterval: AGAIN_MS, retry: false, placeholderData: (before: Json) => before });
  return { data, error };
}

export function instant(text: string | undefined): string {
  return text === undefined ? '' : new Intl.DateTimeFormat(language(), { dateStyle: 'short', timeStyle: 'medium' }).format(Date.parse(text));
}
