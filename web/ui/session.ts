/** The session of the person in front of the page. It decides what is shown; the server decides what is allowed. */
import { createContext, useContext } from 'react';
import type { Me } from '../fhir/me.ts';

export interface Session {
  me: Me;
  /** Reads everything again, the person included. */
  renew: () => Promise<void>;
}

export const SessionContext = createContext<Session | undefined>(undefined);

export function useSession(): Session {
  return useContext(SessionContext)!;
}
