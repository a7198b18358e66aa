/** Sends a booking once, keeps its refusal, and reads the agenda again. */
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Appointment } from '../../src/fhir/resources.ts';
import { book as send, type Booking, isOutside } from './appointments.ts';

/** The values that the form gives; the other ones are known here. */
type BookingDetails = Omit<Booking, 'agenda' | 'isOverbooking'>;

/** Why a booking needs a decision: the time is taken, or the agenda is closed or has no such length. */
export type Overbooking = 'taken' | 'outside';

export function useBooking(agenda: string, onBooked: (appointment: Appointment) => void) {
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const [overbooks, setOverbooks] = useState<Overbooking>();
  // A disabled button comes too late for a quick double click.
  const isUnderWay = useRef(false);
  const book = async (prepare: () => Promise<BookingDetails>) => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setBusy(true);
    setRefusal(undefined);
    try {
      const appointment = await send({ ...(await prepare()), agenda, isOverbooking: overbooks !== undefined });
      void client.invalidateQueries({ queryKey: ['agenda', agenda] });
      onBooked(appointment);
    } catch (error) {
      setRefusal(error);
    } finally {
      void client.invalidateQueries({ queryKey: ['free', agenda] });
      isUnderWay.current = false;
      setBusy(false);
    }
  };
  return {
    book,
    refusal,
    isBusy,
    overbooks,
    setOverbooking: () => {
      setOverbooks(isOutside(refusal) ? 'outside' : 'taken');
      setRefusal(undefined);
    },
    /** Another time was chosen: its conflicts are not known yet. */
    settle: () => {
      setOverbooks(undefined);
      setRefusal(undefined);
    },
  };
}
