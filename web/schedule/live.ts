/** Changes made elsewhere, as the server tells them (`$events`): what they concern is read again. */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';

/** The browser connects again by itself, unless the server has refused; then we do. */
const AGAIN_MS = 3000;

export function useLive(agendas: readonly string[]): void {
  const client = useQueryClient();
  const key = agendas.join(',');
  useEffect(() => {
    const shown = new Set(key.split(','));
    if (key === '') return;
    let source: EventSource;
    let timer: number | undefined;
    let began = false;
    const query = shown.size === 1 ? `?schedule=${encodeURIComponent(key)}` : '';
    const refresh = (ids: Iterable<string>): void => {
      for (const id of ids) {
        void client.invalidateQueries({ queryKey: ['shown', id] });
        void client.invalidateQueries({ queryKey: ['free', id] });
      }
    };
    const connect = (): void => {
      source = new EventSource(`/fhir/$events${query}`);
      source.addEventListener('open', () => {
        // What happened while nobody listened.
        if (began) refresh(shown);
        began = true;
      });
      source.addEventListener('change', (event) => {
        const { schedule, availability } = JSON.parse((event as MessageEvent<string>).data) as {
          schedule: string[];
          availability: string[];
        };
        refresh(
          [...new Set([...schedule, ...availability].map((one) => one.slice('Schedule/'.length)))].filter((one) =>
            shown.has(one),
          ),
        );
      });
      source.addEventListener('error', () => {
        if (source.readyState === EventSource.CLOSED) timer = window.setTimeout(connect, AGAIN_MS);
      });
    };
    connect();
    return () => {
      window.clearTimeout(timer);
      source.close();
    };
  }, [key, client]);
}
