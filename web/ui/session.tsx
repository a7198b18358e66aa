/**
 * Who is logged in, as the server says (GET /auth/me); what that person may do is decided there, here it decides what
 * is shown.
 */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useMemo } from 'react';
import { ask, onStaleToken, Refusal, setCsrfToken } from '../fhir/client.ts';

export type Role = 'practitioner' | 'secretary' | 'regulator' | 'operator';

export interface Person {
  name: string;
  roles: readonly Role[];
  /** `Practitioner/x` */
  practitioner?: string;
  /** `Schedule/x` */
  agendas: readonly string[];
  /** `Location/x` */
  places: readonly string[];
}

export interface Me {
  person: Person | null;
  csrfToken: string | null;
  expired: boolean;
  demo: boolean;
  methods: readonly string[];
  /** Is everything allowed without a login? */
  open: boolean;
}

const EVERYBODY: Me = { person: null, csrfToken: null, expired: false, demo: false, methods: [], open: true };

interface Session {
  me: Me;
  renew: () => Promise<void>;
}

const SessionContext = createContext<Session | undefined>(undefined);

export async function fetchMe(): Promise<Me> {
  try {
    const me: Me = (await ask('/auth/me')).json;
    setCsrfToken(me.csrfToken);
    return me;
  } catch (error) {
    // A server without people: programs only, as `--auth off` is.
    if (error instanceof Refusal && error.status === 404) return EVERYBODY;
    throw error;
  }
}

export function SessionProvider({ children, waiting }: { children: ReactNode; waiting: ReactNode }) {
  const client = useQueryClient();
  const { data } = useQuery({ queryKey: ['me'], queryFn: fetchMe, staleTime: Number.POSITIVE_INFINITY });
  const name = data?.person?.name;
  useEffect(
    () =>
      onStaleToken(async () => {
        const isSame = (await fetchMe()).person?.name === name;
        // Somebody else now: shown as such, and asked to try again under the own name.
        if (!isSame) void client.invalidateQueries({ queryKey: ['me'] });
        return isSame;
      }),
    [client, name],
  );
  const session = useMemo(() => data && { me: data, renew: () => client.invalidateQueries() }, [data, client]);
  if (session === undefined) return waiting;
  return <SessionContext value={session}>{children}</SessionContext>;
}

export function useSession(): Session {
  return useContext(SessionContext)!;
}

/** Is a page for these roles shown? */
export function isFor(me: Me, roles: readonly Role[]): boolean {
  if (me.person === null) return me.open;
  return roles.length === 0 || me.person.roles.some((role) => roles.includes(role));
}

/** Is there a login, and nobody logged in? A demonstration is open to programs, but people choose who they are. */
export function mustChoose(me: Me): boolean {
  return me.person === null && (me.methods.length > 0 || !me.open);
}
