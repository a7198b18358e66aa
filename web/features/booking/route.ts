/** Booking one slot: `?slot=ID`, or the free times of an agenda: `?agenda=ID`. */
import { definePage, type Page, idParam } from '../../ui/page.ts';

export interface BookingSearch {
  /** Id of a Slot. */
  slot?: string | undefined;
  /** Id of a Schedule. */
  agenda?: string | undefined;
}

export const bookingPage: Page<BookingSearch> = definePage({
  path: '/reservation',
  title: 'booking.title',
  roles: ['practitioner', 'secretary'],
  serves: ['agenda'],
  hidden: true,
  search: (raw): BookingSearch => ({ slot: idParam(raw['slot']), agenda: idParam(raw['agenda']) }),
  load: () => import('./page.tsx'),
});
