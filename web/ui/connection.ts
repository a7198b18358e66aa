/**
 * Is the server there? Any page's request tells; while it is away it is asked every two seconds, and when it is back
 * everything is read anew.
 */
import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import { onConnection } from '../fhir/client.ts';

const AGAIN_MS = 2000;

export interface Connection {
  away: boolean;
  /** A request was refused because the session has ended. */
  expired: boolean;
  /** The session is there again. */
  settle: () => void;
}

export function useConnection(): Connection {
  const client = useQueryClient();
  const [away, setAway] = useState(false);
  const [expired, setExpired] = useState(false);
  useEffect(
    () =>
      onConnection((event) => {
        if (event === 'unreachable') setAway(true);
        else if (event === 'expired') setExpired(true);
      }),
    [],
  );
  useEffect(() => {
    if (!away) return;
    const timer = setInterval(async () => {
      const isBack = await fetch('/health/ready', { cache: 'no-store' }).then(
        (one) => one.ok,
        () => false,
      );
      if (!isBack) return;
      setAway(false);
      void client.invalidateQueries();
    }, AGAIN_MS);
    return () => clearInterval(timer);
  }, [away, client]);
  return { away, expired, settle: () => setExpired(false) };
}
