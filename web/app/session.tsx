/** Reads who is logged in, gives it to every page, and decides from it what the menu shows. */
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect, useMemo } from 'react';
import { onStaleToken } from '../fhir/client.ts';
import { fetchMe, type Me, type Role } from '../fhir/me.ts';
import { SessionContext } from '../ui/session.ts';

export function SessionProvider({ children, waiting }: { children: ReactNode; waiting: ReactNode }) {
  const client = useQueryClient();
  const { data } = useQuery({ queryKey: ['me'], queryFn: fetchMe, staleTime: Number.POSITIVE_INFINITY });
  const name = data?.person?.name;
  useEffect(
    () =>
      onStaleToken(async () => {
        const isSamePerson = (await fetchMe()).person?.name === name;
        // Another person has logged in: show it, and let that person decide whether to try again.
        if (!isSamePerson) void client.invalidateQueries({ queryKey: ['me'] });
        return isSamePerson;
      }),
    [client, name],
  );
  const session = useMemo(() => data && { me: data, renew: () => client.invalidateQueries() }, [data, client]);
  if (session === undefined) return waiting;
  return <SessionContext value={session}>{children}</SessionContext>;
}

/** Is a page for these roles shown? A page without roles is for everybody. */
export function isFor(me: Me, roles: readonly Role[]): boolean {
  if (me.person === null) return me.open;
  return roles.length === 0 || me.person.roles.some((role) => roles.includes(role));
}

/** Nobody is logged in although there is a login. A demonstration is open to programs, but people choose a person. */
export function mustLogIn(me: Me): boolean {
  return me.person === null && (me.methods.length > 0 || !me.open);
}
