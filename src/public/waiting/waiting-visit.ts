/** An entry of the waiting list behind its link: shown by GET, changed by POST. ADR 0041 */
import { readWaiting } from '../../fhir/french/waiting.ts';
import type { Context } from '../../fhir/interaction.ts';
import { parseResource } from '../../fhir/json.ts';
import type { RuleServices } from '../../agenda/rules/services.ts';
import type { PublicPage } from '../../rest/html/public-page.ts';
import type { LinkModel, LinkNotice } from '../links/link-page.ts';
import { type Visit, visitOf } from '../links/visit.ts';
import { isTaken, leaveOffer, takeOffer, wake, type WaitingWriter } from './offer-acts.ts';
import { waitingPage } from './waiting-page.ts';

/** Does the link lead to an entry that is not over? */
export function isWaiting({ visit: { appointment } }: LinkModel): boolean {
  if (readWaiting(appointment) === undefined) return false;
  return ['waitlist', 'pending'].includes(appointment.status) || isTaken(appointment);
}

export async function showWaiting(
  services: RuleServices,
  model: LinkModel,
  notice?: LinkNotice,
  status = 200,
): Promise<PublicPage> {
  return waitingPage(model, await laterOf(services, model.visit), notice, status);
}

export async function actOnWaiting(
  backend: WaitingWriter,
  context: Context,
  visit: Visit,
  form: URLSearchParams,
): Promise<void> {
  const id = visit.appointment.id!;
  const isDone = isTaken(visit.appointment) || visit.appointment.status === 'booked';
  // Twice is once.
  if (isDone && visit.appointment.slot?.[0]?.reference === `Slot/${form.get('creneau')}`) return;
  const slot = form.get('creneau') ?? '';
  const deed = form.get('faire');
  if (deed === 'prendre') await takeOffer(backend, context, visit, slot);
  if (deed === 'laisser') await leaveOffer(backend, context, id, slot);
  if (deed === 'reprendre') await wake(backend, context, id);
}

/** The appointment that moves if an offer is taken. */
async function laterOf(services: RuleServices, { appointment }: Visit): Promise<Visit | undefined> {
  const { instead } = readWaiting(appointment) ?? {};
  const stored = instead === undefined ? undefined : await services.reader.read('Appointment', instead);
  const later = stored?.body === undefined ? undefined : parseResource('Appointment', stored.body);
  return later?.status === 'booked' ? visitOf(services, later) : undefined;
}
