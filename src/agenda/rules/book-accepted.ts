/** A request that all who are needed have accepted is booked, if its agendas say so. ADR 0029 */
import { readRequestSettings } from '../../fhir/french/request-settings.ts';
import type { Appointment } from '../../fhir/resources.ts';
import { isAccepted } from '../../scheduling/answers.ts';
import { isExclusive } from '../occupied.ts';
import { agendasOf } from './occupation.ts';
import type { RuleServices } from './services.ts';

/** Changes the status of the appointment. A request without time occupies no agenda: it waits for one. */
export async function bookAccepted(services: RuleServices, appointment: Appointment): Promise<void> {
  if (!isAccepted(appointment)) return;
  const agendas = (await agendasOf(services, appointment)).filter(isExclusive);
  if (agendas.length === 0 || !agendas.every(({ resource }) => readRequestSettings(resource).booksAccepted)) return;
  appointment.status = 'booked';
}
