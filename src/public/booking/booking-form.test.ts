/** The form of a booking: what is missing or wrong is said under its field. */
import { describe, expect, it } from 'vitest';
import { type BookingFaults, contactOf, EMPTY, faultsOf, readTyped, type TypedBooking } from './booking-form.ts';

const NOW = Date.parse('2026-11-24T10:00:00+01:00');
const COMPLETE: TypedBooking = {
  ...EMPTY,
  ...{ forWhom: 'self', family: 'Durand', given: 'Anne', birthDate: '1980-02-03' },
  ...{ email: 'anne@exemple.fr', phone: '0612345678' },
};
const faulty = (changes: Partial<TypedBooking>, ways = ['email', 'sms']): (keyof BookingFaults)[] =>
  Object.keys(faultsOf({ ...COMPLETE, ...changes }, NOW, 'Europe/Paris', ways)) as never;

describe('a form', () => {
  it.each<[string, Partial<TypedBooking>, string[]]>([
    ['that is complete', {}, []],
    ['that says nothing', EMPTY, ['forWhom', 'family', 'given', 'birthDate', 'email', 'phone']],
    ['for a child without the parent', { forWhom: 'child' }, ['contactFamily', 'contactGiven']],
    ['of somebody of 14 years alone', { birthDate: '2011-11-25' }, ['birthDate']],
    ['of somebody of 15 years alone', { birthDate: '2011-11-24' }, []],
    ['with a day that does not exist', { birthDate: '1999-02-30' }, ['birthDate']],
    ['with a day to come', { birthDate: '2026-11-25' }, ['birthDate']],
    ['with a wrong address', { email: 'anne' }, ['email']],
    ['without an address, for a short message', { by: 'sms', email: '' }, []],
    ['without a number', { phone: '' }, ['phone']],
    ['with a name that is too long', { family: 'x'.repeat(101) }, ['family']],
  ])('%s', (_form, changes, expected) => {
    expect(faulty(changes)).toEqual(expected);
  });

  it('asks for a way that the server has', () => {
    expect(faulty({ by: 'sms' }, ['email'])).toEqual(['by']);
  });

  it('is read without line ends, and with dates as people write them', () => {
    const form = new URLSearchParams({ family: ' Du\nrand ', birthDate: '3/2/1980', by: 'sms', forWhom: 'other' });
    expect(readTyped(form)).toMatchObject({ family: 'Du rand', birthDate: '1980-02-03', by: 'sms', forWhom: '' });
    expect(contactOf({ ...COMPLETE, by: 'sms' })).toBe('+33612345678');
  });
});
