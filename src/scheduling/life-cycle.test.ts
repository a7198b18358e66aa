/** The life cycle of an appointment: every pair of statuses. ADR 0012 */
import { describe, expect, test } from 'vitest';
import { checkTransition, isTentative, nextStatuses, takesTime } from './life-cycle.ts';

/** Row: before; column: after. `x` can be, `=` stays, `.` is refused. */
const TABLE = `
                  pro pen boo arr ful can nos ent che wai
proposed           =   x   x   .   .   x   .   x   .   x
pending            .   =   x   .   .   x   .   x   .   x
booked             .   .   =   x   x   x   x   x   x   .
arrived            .   .   x   =   x   x   x   x   x   .
fulfilled          .   .   x   x   =   .   x   x   x   .
cancelled          .   x   x   .   .   =   .   x   .   .
noshow             .   .   x   x   x   .   =   x   x   .
entered-in-error   .   .   .   .   .   .   .   =   .   .
checked-in         .   .   x   x   x   x   x   x   =   .
waitlist           .   x   x   .   .   x   .   x   .   =
`;

/** https://hl7.org/fhir/R4/valueset-appointmentstatus.html */
const STATUSES = [
  'proposed',
  'pending',
  'booked',
  'arrived',
  'fulfilled',
  'cancelled',
  'noshow',
  'entered-in-error',
  'checked-in',
  'waitlist',
];

const [, ...rows] = TABLE.trim()
  .split('\n')
  .map((line) => line.trim().split(/\s+/));

test('the table names every status, in this order', () => {
  expect(rows.map(([before]) => before)).toEqual(STATUSES);
  expect(TABLE.trim().split('\n')[0]!.trim().split(/\s+/)).toEqual(STATUSES.map((status) => status.slice(0, 3)));
});

describe.each(rows)('%s', (before, ...marks) => {
  test.each(STATUSES.map((after, i) => [after, marks[i]!]))('-> %s: %s', (after, mark) => {
    const fault = checkTransition(before!, after);
    expect(fault === undefined).toBe(mark !== '.');
    if (fault === undefined) return;
    expect(fault).toMatchObject({ severity: 'error', code: 'business-rule', expression: ['Appointment.status'] });
    // It says what can be: exactly what the table allows.
    const allowed = STATUSES.filter((_, i) => marks[i] === 'x').sort();
    const said = /it can become (.*)$/.exec(fault.diagnostics!)![1]!.split(', ').sort();
    expect(said).toEqual(allowed.length > 0 ? allowed : ['—']);
  });
});

test.each(rows)('%s is followed by what the table allows, without itself', (before, ...marks) => {
  const allowed = STATUSES.filter((status, i) => marks[i] === 'x' && status !== 'entered-in-error');
  expect(
    nextStatuses(before!)
      .filter((status) => status !== 'entered-in-error')
      .sort(),
  ).toEqual(allowed.sort());
});

test('an unknown status is followed by nothing, and can only become entered-in-error', () => {
  expect(nextStatuses('refused')).toEqual([]);
  expect(checkTransition('refused', 'booked')!.diagnostics).toMatch(/it can become entered-in-error$/);
});

test.each(['', 'toString', 'constructor', '__proto__', 'BOOKED', 'refused'])('"%s" is not a status', (status) => {
  expect(checkTransition(status, 'booked')).toBeDefined();
  expect(checkTransition('booked', status)).toBeDefined();
});

test.each<[string, boolean, boolean]>([
  ['proposed', false, true],
  ['pending', false, true],
  ['booked', true, true],
  ['arrived', true, true],
  ['checked-in', true, true],
  ['fulfilled', true, true],
  ['cancelled', false, false],
  ['noshow', false, false],
  ['entered-in-error', false, false],
  ['waitlist', false, false],
])('%s takes time: %s, where requests do: %s', (status, declared, tentative) => {
  expect(takesTime(status, false)).toBe(declared);
  expect(takesTime(status, true)).toBe(tentative);
  expect(isTentative(status)).toBe(tentative && !declared);
});
