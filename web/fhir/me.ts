/** The person who is logged in, as the server says (GET /auth/me). The server decides what that person may do. */
import { ask, Refusal, setCsrfToken } from './client.ts';

export type Role = 'practitioner' | 'secretary' | 'regulator' | 'operator' | 'practice-manager';

export interface Person {
  name: string;
  roles: readonly Role[];
  /** `Practitioner/x` */
  practitioner?: string;
  /** `Schedule/x` */
  agendas: readonly string[];
  /** `Location/x` */
  places: readonly string[];
  /** `Organization/x`: the practices that this person runs. */
  practices?: readonly string[];
}

export interface Me {
  person: Person | null;
  csrfToken: string | null;
  expired: boolean;
  demo: boolean;
  methods: readonly string[];
  /** Everything is allowed without a login. */
  open: boolean;
  /** The terms of use come first, at `/auth/terms`. */
  termsOwed?: boolean;
  /** This installation belongs to nobody yet. */
  setUp?: boolean;
}

const WITHOUT_LOGIN: Me = { person: null, csrfToken: null, expired: false, demo: false, methods: [], open: true };

/** The page of the server comes back to this address. */
function leaveForTerms(): void {
  location.assign(`/auth/terms?return=${encodeURIComponent(location.pathname + location.search)}`);
}

export async function fetchMe(): Promise<Me> {
  try {
    const me: Me = (await ask('/auth/me')).json;
    setCsrfToken(me.csrfToken);
    if (me.termsOwed === true) leaveForTerms();
    return me;
  } catch (error) {
    // A server that serves programs only (`--auth off`) has no such address.
    if (error instanceof Refusal && error.status === 404) return WITHOUT_LOGIN;
    throw error;
  }
}
