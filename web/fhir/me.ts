/** The person who is logged in, as the server says (GET /auth/me). The server decides what that person may do. */
import { ask, Refusal, setCsrfToken } from './client.ts';

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
  /** Everything is allowed without a login. */
  open: boolean;
}

const WITHOUT_LOGIN: Me = { person: null, csrfToken: null, expired: false, demo: false, methods: [], open: true };

export async function fetchMe(): Promise<Me> {
  try {
    const me: Me = (await ask('/auth/me')).json;
    setCsrfToken(me.csrfToken);
    return me;
  } catch (error) {
    // A server that serves programs only (`--auth off`) has no such address.
    if (error instanceof Refusal && error.status === 404) return WITHOUT_LOGIN;
    throw error;
  }
}
