/** An operation that only reads, asked again every few seconds. */
import { type QueryClient, useQuery } from '@tanstack/react-query';
import type { Parameters } from '../../../src/fhir/foundation.ts';
import { ask } from '../../fhir/client.ts';

const POLL_MS = 5000;

export interface OperationState {
  data: Parameters | undefined;
  error: unknown;
  /** Neither an answer nor an error yet. */
  isLoading: boolean;
}

export function useOperation(path: string, enabled = true): OperationState {
  const { data, error } = useQuery<Parameters>({
    queryKey: ['operation', path],
    enabled,
    queryFn: async ({ signal }) => (await ask(path, { signal })).json,
    refetchInterval: POLL_MS,
    retry: false,
    placeholderData: (before) => before,
  });
  return { data, error, isLoading: data === undefined && error === null };
}

/** An action ends a moment after its answer: read everything now, and twice more soon. */
export function readSoon(client: QueryClient): void {
  for (const delayMs of [0, 500, 1500]) setTimeout(() => void client.invalidateQueries(), delayMs);
}
