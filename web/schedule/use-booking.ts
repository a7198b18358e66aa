/** Sends a booking once, keeps its refusal, and reads the agenda again. */
import { useQueryClient } from '@tanstack/react-query';
import { useRef, useState } from 'react';
import type { Appointment } from '../../src/fhir/resources.ts';
import { book as send, type Booking } from './appointments.ts';

/** The values that the form gives; the other ones are known here. */
type BookingDetails = Omit<Booking, 'agenda' | 'isOverbooking'>;

export function useBooking(agenda: string, onBooked: (appointment: Appointment) => void) {
  const client = useQueryClient();
  const [refusal, setRefusal] = useState<unknown>();
  const [isBusy, setBusy] = useState(false);
  const [isOverbooking, setOverbooking] = useState(false);
  // A disabled button comes too late for a quick double click.
  const isUnderWay = useRef(false);
  const book = async (prepare: () => Promise<BookingDetails>) => {
    if (isUnderWay.current) return;
    isUnderWay.current = true;
    setBusy(true);
    setRefusal(undefined);
    try {
      const appointment = await send({ ...(await prepare()), agenda, isOverbooking });
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
    isOverbooking,
    setOverbooking: () => {
      setOverbooking(true);
      setRefusal(undefined);
    },
    /** Another time was chosen: its conflicts are not known yet. */
    settle: () => {
      setOverbooking(false);
      setRefusal(undefined);
    },
  };
}
