/**
 * The appointment for the patient's own calendar: the same UID and sequence as the invitations by mail, so that it
 * moves there instead of appearing twice. It names no kind of visit.
 */
import { appointmentEvent } from '../../sync/ical/out/appointment-event.ts';
import { PRODUCT } from '../../sync/ical/product.ts';
import { component, property, writeCalendar } from '../../sync/ical/text/write-calendar.ts';
import { zoneComponent } from '../../sync/ical/zones/zone-component.ts';
import type { Visit } from './visit.ts';

/** `undefined` for a wish without a time. */
export function calendarFile({ appointment, zone, start, practitioner, place }: Visit): string | undefined {
  const { description: _, serviceType: __, ...rest } = appointment;
  const event = appointmentEvent(rest, {
    zone,
    summary: practitioner === undefined ? 'Rendez-vous' : `Rendez-vous – ${practitioner}`,
    location: place,
  });
  if (event === undefined) return undefined;
  const heading = [property('version', '2.0'), property('prodid', PRODUCT), property('method', 'PUBLISH')];
  return writeCalendar(component('vcalendar', heading, [zoneComponent(zone, start), event]));
}
