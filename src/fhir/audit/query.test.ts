/** The criteria of a search in the audit trail: every name, few values, and little work whatever is sent. */
import { describe, expect, it } from 'vitest';
import { keptQuery } from './query.ts';

describe('the criteria that the trail keeps', () => {
  it('have every name, and the values that describe no patient', () => {
    expect(keptQuery('Patient', 'family=Durand&_count=5&birthdate=1970&&_id')).toBe(
      'family=***&_count=5&birthdate=***&_id=',
    );
    expect(keptQuery('Slot', 'schedule.actor:Practitioner.identifier=urn:x|81&start=ge2026')).toBe(
      'schedule.actor:Practitioner.identifier=urn:x|81&start=ge2026',
    );
    expect(keptQuery('Patient', 'identifier=urn:x|170')).toBe('identifier=***');
  });

  it('hide no name behind long ones, long values or a broken escape', () => {
    const long = [
      'n'.repeat(5_000),
      `_id=${'a'.repeat(1_999)}`,
      `status=${'b'.repeat(1_999)}`,
      `_id=${'c'.repeat(99)}`,
    ];
    const kept = keptQuery('Patient', [...long, '%zz%=1', 'family=Secret'].join('&'));
    expect(kept.endsWith('_id=***&_zz_=***&family=***')).toBe(true);
    expect(kept.length).toBeLessThan(4_300);
  });

  it('of three megabytes take no time', () => {
    const before = performance.now();
    expect(keptQuery('Patient', 'x&'.repeat(1_500_000)).split('&')).toHaveLength(200);
    keptQuery('Patient', 'y'.repeat(3_000_000));
    keptQuery('Patient', `_id=${'z'.repeat(3_000_000)}`);
    expect(performance.now() - before).toBeLessThan(250);
  });
});
