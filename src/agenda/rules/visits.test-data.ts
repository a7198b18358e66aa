/** Appointments that the cases of the booking rule begin with. */
import { at, slotOf, withActors } from './rule-world.test-data.ts';

export const P = 'Practitioner/p';
/** One agenda, of one professional. */
export const ONE = { s: { actors: [P] } };
/** Booked on the one agenda. */
export const visit = (time = '09:00-09:30', more = {}): object => ({
  status: 'booked',
  start: at(time.slice(0, 5)),
  end: at(time.slice(-5)),
  participant: withActors(P),
  ...more,
});
/** References to the slots of an agenda at these times. */
export const slots = (schedule: string, ...times: string[]): object[] =>
  times.map((time) => ({ reference: `Slot/${slotOf(schedule, time)}` }));
/** Held until then. */
export const hold = (until: string): object => ({
  status: 'pending',
  extension: [
    {
      url: 'urn:creneau:fhir:hold',
      extension: [
        { url: 'until', valueInstant: at(until) },
        { url: 'by', valueString: 'x' },
      ],
    },
  ],
});
