/**
 * Gives a person the address by which an appointment is seen, moved and cancelled: the page that confirms a booking
 * shows it, and each mail has its own. ADR 0037
 */
import type { Appointment } from '../../fhir/resources.ts';
import { linkEnd } from '../../scheduling/link-end.ts';
import type { ManageLinks } from '../../store/records/manage-links.ts';

/** The path of the address: `/r/{token}`. `appointment` is stored; `person`: `Patient/1`. */
export async function giveLink(links: ManageLinks, appointment: Appointment, person: string): Promise<string> {
  return `/r/${await links.create({ appointment: appointment.id!, person }, linkEnd(appointment))}`;
}
