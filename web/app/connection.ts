/**
 * Whether the server answers, learnt from the requests of the pages. While it does not, it is asked every two seconds;
 * once it answers, everything on the page is read again.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { onConnection } from '../fhir/client.ts';

const RETRY_MS = 2000;

export interface Connection {
  isAway: boolean;
  /** A request was refused because the session has ended. */
  isExpired: boolean;
  /** The session is valid again. */
  settle: () => void;
}

export function useConnection(): Connection {
  const client = useQueryClient();
  const [isAway, setAway] = useState(false);
  const [isExpired, setExpired] = useState(false);
  useEffect(
    () =>
      onConnection((event) => {
        if (event === 'unreachable') setAway(true);
        else if (event === 'expired') setExpired(true);
      }),
    [],
  );
  useEffect(() => {
    if (!isAway) return;
    const timer = setInterval(async () => {
      if (!(await isReady())) return;
      setAway(false);
      void client.invalidateQueries();
    }, RETRY_MS);
    return () => clearInterval(timer);
  }, [isAway, client]);
  return { isAway, isExpired, settle: () => setExpired(false) };
}

async function isReady(): Promise<boolean> {
  try {
    return (await fetch('/health/ready', { cache: 'no-store' })).ok;
  } catch {
    return false;
  }
}
