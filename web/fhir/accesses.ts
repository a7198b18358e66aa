/** Asks who had access to an agenda or a patient (`$accesses`), the newest first. */
import type { AuditEvent, Bundle } from '../../src/fhir/foundation.ts';
import { asType, list } from '../../src/fhir/resources.ts';
import { ask } from './client.ts';

export interface AccessQuery {
  subtype?: string;
  action?: string;
  _cursor?: string;
  /** `Appointment/x` */
  entity?: string;
  /** Events of the page: at most 1,000. */
  _count: string;
}

export interface Accesses {
  /** All events, of which the page has the newest. */
  total: number;
  events: AuditEvent[];
  /** Cursor of the page before, in time. */
  next: string | undefined;
}

/** `about`: `Schedule/x` or `Patient/x`. */
export async function accessesTo(about: string, query: AccessQuery, signal?: AbortSignal): Promise<Accesses> {
  const criteria = new URLSearchParams({ ...query }).toString();
  const { json } = await ask(`/fhir/${about}/$accesses?${criteria}`, { signal });
  const bundle: Bundle = json;
  const events = list(bundle.entry).flatMap(({ resource }) => asType(resource, 'AuditEvent') ?? []);
  const next = list(bundle.link).find(({ relation }) => relation === 'next')?.url;
  const cursor = next === undefined ? undefined : new URL(next, location.origin).searchParams.get('_cursor');
  return { total: bundle.total ?? events.length, events, next: cursor ?? undefined };
}
