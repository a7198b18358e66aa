/** Holds and bookings of patients, as the SAS sees them: a time less, and no report. ADR 0035, point 9 */
import { expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { audience, entry } from './kind-world.ts';
import { ANNE, codeIn, openBookingTest } from './public-visitor.ts';

const RPPS = '810000000101';
const OFFER = {
  url: 'urn:creneau:fhir:slot-offer',
  extension: [
    { url: 'visibility', valueCode: 'PUBLIC' },
    { url: 'mode', valueCode: 'AMB' },
  ],
};
const WINDOW = 'start=ge2026-11-24T09:00:00Z&start=le2026-11-25T22:00:00Z';
const INCLUDES = '_include=Slot:schedule&_include:iterate=Schedule:actor';

it('a held time is not shown to the SAS, and the booking of a patient is not reported', async () => {
  const test = await openBookingTest({ sasPlatformUrl: 'http://127.0.0.1:1/fhir', editorSystem: 'urn:oid:1.2.3' });
  const { request, sql } = test.world.test;
  await test.publish('seen', [entry('first', ...audience('everyone'))]);
  const stored = async (path: string): Promise<Json> => (await request('GET', path)).json;
  const identifier = [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: RPPS }];
  await test.world.put({ ...(await stored('Practitioner/seen')), identifier });
  const schedule = await stored('Schedule/seen');
  const actor = ['PractitionerRole', 'Practitioner', 'Location'].map((type) => ({ reference: `${type}/seen` }));
  await test.world.put({ ...schedule, actor, extension: [...schedule.extension, OFFER] });
  const shown = async (): Promise<string[]> => {
    const who = `schedule.actor:Practitioner.identifier=urn:oid:1.2.250.1.71.4.2.1%7C${RPPS}`;
    const { json } = await request('GET', `../sas/Slot?status=free&${WINDOW}&${INCLUDES}&${who}`);
    const slots = (json.entry ?? [])
      .map(({ resource }: Json) => resource)
      .filter((each: Json) => each.resourceType === 'Slot');
    return slots.map(({ start }: Json) => start);
  };
  const before = await shown();
  const isTaken = (start: string): boolean => Date.parse(start) < Date.parse('2026-11-24T10:30:00+01:00');
  expect(before.filter(isTaken).length).toBeGreaterThan(0);
  const visitor = await test.visitor().choose('/p/seen/seen', 'first');
  const held = await shown();
  expect(held).toEqual(before.filter((start) => !isTaken(start)));
  await visitor.fill(ANNE);
  await visitor.press('Confirmer', { code: codeIn(test.messages().at(-1)!.text) });
  expect(visitor.title).toBe('Rendez-vous pris');
  expect(await shown()).toEqual(held);
  expect(await sql("SELECT * FROM outbox WHERE destination = 'sas-platform'")).toEqual([]);
  await test.close();
});
