/** How long the links to an appointment open: a day after its end, for whoever looks up where it was. ADR 0037 */
import type { Appointment } from '../fhir/resources.ts';
import { DAY } from './zone.ts';

/** Epoch ms. Of a wish without a time: a year after it was written down. */
export function linkEnd({ start, end, created, meta }: Appointment): number {
  const last = Date.parse(end ?? start ?? '');
  if (!Number.isNaN(last)) return last + DAY;
  const written = Date.parse(created ?? meta?.lastUpdated ?? '');
  return (Number.isNaN(written) ? 0 : written) + 366 * DAY;
}
