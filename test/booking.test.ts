/** The booking of patients over HTTP, without JavaScript: the flow, the hold, the code, once is once, the limits. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectConsistent } from './consistency.ts';
import type { Json } from '../src/fhir/resource.ts';
import { NOW } from './harness.ts';
import { audience, entry, MINUTE, part } from './kind-world.ts';
import { ANNE, type BookingTest, codeIn, openBookingTest } from './public-visitor.ts';

let test: BookingTest;
beforeAll(async () => {
  test = await openBookingTest();
});
afterAll(() => test.close());

const FIRST = [entry('first', ...audience('everyone'))];
const sql = <T>(text: string, params: unknown[] = []) => test.world.test.sql<T>(text, params);
const last = (): string => codeIn(test.messages().at(-1)!.text);
const appointments = async (id: string): Promise<Json[]> => {
  const { json } = await test.world.test.request(
    'GET',
    `Appointment?actor=PractitionerRole/${id}&_include=Appointment:actor`,
  );
  return (json.entry ?? []).map(({ resource }: Json) => resource);
};

describe('the flow', () => {
  it('leads from the kind to the booking in four screens', async () => {
    await test.publish('flow', FIRST);
    const visitor = test.visitor();
    await visitor.get('/p/flow/flow');
    expect(visitor.page.text).toContain('href="/p/flow/flow/rendez-vous?motif=');
    await visitor.get('/p/flow/flow/rendez-vous');
    expect([visitor.page.status, visitor.title]).toEqual([200, 'Choisir le jour et l’heure']);
    expect(visitor.form.buttons[0]!.text).toBe('10 h 00, mardi 24 novembre 2026');
    await visitor.chooseTime();
    expect([visitor.at, visitor.page.status]).toEqual(['/p/flow/flow/rendez-vous/patient', 200]);
    expect(visitor.words).toContain("Ce créneau vous est gardé jusqu'à 10 h 10.");
    await visitor.fill(ANNE);
    expect([visitor.at, visitor.title]).toEqual(['/p/flow/flow/rendez-vous/code', 'Vérification']);
    expect(visitor.words).toContain("le rendez-vous n'est pas encore pris");
    expect(test.messages().at(-1)).toMatchObject({ to: '+33612345678' });
    expect(test.messages().at(-1)!.text).toMatch(/^RDV 24\/11 10h00 flow\. Code \d{6} \(10 min\)\.$/);
    await visitor.press('Confirmer', { code: last() });
    expect([visitor.at, visitor.title]).toEqual(['/p/flow/flow/rendez-vous/confirme', 'Rendez-vous pris']);
    const [appointment, ...others] = await appointments('flow');
    expect(appointment).toMatchObject({ resourceType: 'Appointment', status: 'booked' });
    const patient = others.find(({ resourceType }) => resourceType === 'Patient');
    expect(patient).toMatchObject({
      extension: [{ url: 'urn:creneau:fhir:identity', valueCode: 'declared' }],
      name: [{ family: 'Zyxcanary', given: ['Anne'] }],
      birthDate: '1980-02-03',
    });
    expect(await sql("SELECT * FROM busy WHERE appointment LIKE 'visit:%'")).toEqual([]);
    await expectConsistent(test.world.test.server.database);
  });

  it('books for a child: the parent is a related person, and operates', async () => {
    await test.publish('child', FIRST);
    const visitor = await test.visitor().choose('/p/child/child', 'first');
    await visitor.fill({ ...ANNE, given: 'Zoe', birthDate: '2020-05-06', phone: '0612345601' });
    expect([visitor.page.status, visitor.words.includes('Avant 15 ans, un adulte')]).toEqual([422, true]);
    await visitor.fill({ forWhom: 'child' });
    expect(visitor.words).toContain('Indiquez votre nom.');
    expect(visitor.form.fields).toMatchObject({ family: 'Zyxcanary', birthDate: '2020-05-06' });
    await visitor.fill({ contactFamily: 'Zyxcanary', contactGiven: 'Anne' });
    await visitor.press('Confirmer', { code: last() });
    expect(visitor.title).toBe('Rendez-vous pris');
    const found = await appointments('child');
    const related = found.find(({ resourceType }) => resourceType === 'RelatedPerson');
    const patient = found.find(({ resourceType }) => resourceType === 'Patient');
    expect(related).toMatchObject({ patient: { reference: `Patient/${patient.id}` } });
    expect(patient.telecom).toBeUndefined();
    expect(found[0].extension[0].valueReference.reference).toBe(`RelatedPerson/${related.id}`);
  });

  it('sends a request where the practice answers first', async () => {
    await test.publish('ask', [entry('first', ...audience('everyone'), part('approval', true))]);
    const visitor = await test.visitor().choose('/p/ask/ask', 'first', 3);
    await visitor.fill({ ...ANNE, phone: '0612345602' });
    await visitor.press('Confirmer', { code: last() });
    expect([visitor.title, visitor.words.includes('Rendez-vous pris')]).toEqual(['Demande envoyée', false]);
    const [asked] = await appointments('ask');
    expect(asked).toMatchObject({ status: 'proposed' });
    expect(asked.participant.map(({ status }: Json) => status)).toEqual(['needs-action', 'accepted']);
  });

  it('keeps everything typed when the time is taken, and offers the nearest ones', async () => {
    await test.publish('gone', FIRST);
    const visitor = await test.visitor().choose('/p/gone/gone', 'first', 1);
    const { fields } = visitor.form;
    // The hold ends, and the desk gives the time away.
    test.world.test.clock.now = NOW + 11 * MINUTE;
    const loaded = await test.world.load('gone');
    const start = NOW + 30 * MINUTE;
    expect(await test.world.book(loaded, 'first', { as: 'desk' }, start, 30)).toBeUndefined();
    await visitor.post('/p/gone/gone/rendez-vous/patient', { ...fields, ...ANNE, phone: '0612345603' });
    expect([visitor.page.status, visitor.title]).toEqual([409, 'Ce créneau n’est plus libre']);
    expect(visitor.words).toContain('Vos informations sont gardées.');
    expect(visitor.form.buttons).toHaveLength(3);
    await visitor.chooseTime();
    expect(visitor.form.fields).toMatchObject({ family: 'Zyxcanary', phone: '0612345603' });
    await visitor.fill({});
    await visitor.press('Confirmer', { code: last() });
    expect(visitor.title).toBe('Rendez-vous pris');
    test.world.test.clock.now = NOW;
  });
});
