/** Visitors of the public pages who send what no page of ours sends. ADR 0039 */
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Secrets } from '../src/runtime/secrets.ts';
import { PublicVisits } from '../src/store/records/public-visits.ts';
import { NOW } from './harness.ts';
import { audience, entry } from './kind-world.ts';
import { ANNE, type BookingTest, codeIn, openBookingTest } from './public-visitor.ts';

let test: BookingTest;
beforeAll(async () => {
  test = await openBookingTest();
  await test.publish('odd', [entry('first', ...audience('everyone'))]);
});
afterAll(() => test.close());

it('an address or a slot that cannot be is refused in words', async () => {
  const visitor = test.visitor();
  for (const path of ['/p/%00', '/p/odd/%00', '/p/odd/odd/rendez-vous?motif=first&le=2099-01-01', '/r/%00'])
    expect([path, (await visitor.get(path)).page.status < 500]).toEqual([path, true]);
  for (const slot of ['1.zzzzzzzzz.1', '1.-zzzzzzzzz.1', 'x\0', '1.0.zzzzzzzz']) {
    await visitor.get('/p/odd/odd/rendez-vous?motif=first');
    await visitor.post('/p/odd/odd/rendez-vous/creneau', { ...visitor.form.fields, slot });
    expect([slot, visitor.page.status < 500]).toEqual([slot, true]);
  }
});

it('no code leaves for what is not complete', async () => {
  const visitor = await test.visitor().choose('/p/odd/odd', 'first', 1);
  const { fields } = visitor.form;
  const sent = test.messages().length;
  await visitor.post('/p/odd/odd/rendez-vous/plus', { ...fields, ...ANNE, family: '' });
  await visitor.post('/p/odd/odd/rendez-vous/renvoyer', fields);
  expect([visitor.title, test.messages().length - sent]).toEqual(['Le patient et vous', 0]);
});

it('a code proves the contact that it was sent to, and a booked visit does not change', async () => {
  const visitor = await test.visitor().choose('/p/odd/odd', 'first', 2);
  await visitor.fill(ANNE);
  const { database } = test.world.test.server;
  const visits = new PublicVisits(database, new Secrets([]));
  const [row] = await test.world.test.sql<{ id: string; contact: string; code: string; form: string }>(
    'SELECT id, contact, code, form FROM public_visit WHERE code IS NOT NULL',
  );
  expect(await visits.verify(row!.id, 'of somebody else', row!.code)).toBe(false);
  expect(await visits.verify(row!.id, row!.contact, 'an older code')).toBe(false);
  await visitor.press('Confirmer', { code: codeIn(test.messages().at(-1)!.text) });
  expect(visitor.title).toBe('Rendez-vous pris');
  await visits.type(row!.id, '{}', 'of somebody else', 'somebody');
  await visits.end(row!.id);
  expect((await visits.byForm(row!.form, NOW))?.contact).toBe(row!.contact);
});
