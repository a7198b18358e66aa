/**
 * Whether the server answers. A page that shows old data must say so even when nobody touches it: the server is asked
 * every few seconds while the page is visible, and every request of the page counts as well. Once the server is back,
 * everything on the page is read again.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef, useState } from 'react';
import { onConnection, reportConnection } from '../fhir/client.ts';

/** Together less than the five seconds after which a page must say that it is stale. */
const POLL_MS = 2000;
const TIMEOUT_MS = 2000;

export interface Connection {
  /** Epoch milliseconds of the last answer, while the server does not answer. */
  awaySince: number | undefined;
  /** A request was refused because the session has ended. */
  isExpired: boolean;
  /** The session is valid again. */
  settle: () => void;
}

export function useConnection(): Connection {
  const client = useQueryClient();
  const [awaySince, setAwaySince] = useState<number>();
  const [isExpired, setExpired] = useState(false);
  const answeredAt = useRef(Date.now());
  useEffect(
    () =>
      onConnection((event) => {
        if (event === 'expired') setExpired(true);
        else if (event === 'unreachable') setAwaySince((before) => before ?? answeredAt.current);
        else answeredAt.current = Date.now();
      }),
    [],
  );
  useEffect(() => {
    const look = async () => {
      if (document.hidden) return;
      if (!(await isReady())) return reportConnection('unreachable');
      answeredAt.current = Date.now();
      setAwaySince((before) => {
        if (before !== undefined) void client.invalidateQueries();
        return undefined;
      });
    };
    const timer = setInterval(look, POLL_MS);
    document.addEventListener('visibilitychange', look);
    window.addEventListener('offline', look);
    return () => {
      clearInterval(timer);
      document.removeEventListener('visibilitychange', look);
      window.removeEventListener('offline', look);
    };
  }, [client]);
  return { awaySince, isExpired, settle: () => setExpired(false) };
}

async function isReady(): Promise<boolean> {
  try {
    const reply = await fetch('/health/ready', { cache: 'no-store', signal: AbortSignal.timeout(TIMEOUT_MS) });
    return reply.ok;
  } catch {
    return false;
  }
}
