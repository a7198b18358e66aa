/** Changes made elsewhere: the server announces them (`$events`), and the pages read the agendas concerned again. */
import { type QueryClient, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

/** The browser connects again by itself, except after a refusal. */
const RETRY_MS = 3000;

/** Keeps these agendas fresh while the page is shown. */
export function useLive(agendas: readonly string[]): void {
  const client = useQueryClient();
  const key = agendas.join(',');
  useEffect(() => (key === '' ? undefined : follow(key.split(','), client)), [key, client]);
}

/** Returns how to stop. */
function follow(agendas: readonly string[], client: QueryClient): () => void {
  const query = agendas.length === 1 ? `?schedule=${encodeURIComponent(agendas[0]!)}` : '';
  let source: EventSource;
  let timer: number | undefined;
  let isAgain = false;
  const connect = (): void => {
    source = new EventSource(`/fhir/$events${query}`);
    source.addEventListener('open', () => {
      // Changes were missed while the connection was lost.
      if (isAgain) refresh(agendas, client);
      isAgain = true;
    });
    source.addEventListener('change', ({ data }: MessageEvent<string>) => {
      const changed = schedulesIn(data);
      refresh(
        agendas.filter((agenda) => changed.has(`Schedule/${agenda}`)),
        client,
      );
    });
    source.addEventListener('error', () => {
      if (source.readyState === EventSource.CLOSED) timer = window.setTimeout(connect, RETRY_MS);
    });
  };
  connect();
  return () => {
    window.clearTimeout(timer);
    source.close();
  };
}

/** References to the Schedules whose appointments or availability have changed. */
function schedulesIn(data: string): ReadonlySet<string> {
  const { schedule, availability } = JSON.parse(data) as Record<'schedule' | 'availability', string[]>;
  return new Set([...schedule, ...availability]);
}

function refresh(agendas: readonly string[], client: QueryClient): void {
  // Times that were found over several agendas.
  if (agendas.length > 0) void client.invalidateQueries({ queryKey: ['found'] });
  for (const agenda of agendas) {
    void client.invalidateQueries({ queryKey: ['agenda', agenda] });
    void client.invalidateQueries({ queryKey: ['free', agenda] });
  }
}
