/** Times that visitors hold, codes that somebody guesses, forms that are sent twice, and limits that are reached. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { kindWithKey } from '../src/agenda/kinds/kind-times.ts';
import { timesIn } from '../src/public/site/next-times.ts';
import { kindsOf } from '../src/public/site/pages-found.ts';
import { PublicSite } from '../src/public/site/public-site.ts';
import { slotId } from '../src/scheduling/slot-id.ts';
import { LimitCounters } from '../src/store/records/limit-counters.ts';
import { PublicVisits } from '../src/store/records/public-visits.ts';
import { Secrets } from '../src/runtime/secrets.ts';
import { expectConsistent } from './consistency.ts';
import type { Json } from '../src/fhir/resource.ts';
import { NOW } from './harness.ts';
import { audience, DAY, entry, MINUTE, part, SYSTEM } from './kind-world.ts';
import { ANNE, type BookingTest, codeIn, openBookingTest, type PublicVisitor } from './public-visitor.ts';

let test: BookingTest;
let phones = 10_000_000;
beforeAll(async () => {
  test = await openBookingTest();
});
afterAll(() => test.close());

const FIRST = [entry('first', ...audience('everyone'))];
const HOUR = 60 * MINUTE;
const sql = <T>(text: string, params: unknown[] = []) => test.world.test.sql<T>(text, params);
const last = (): string => codeIn(test.messages().at(-1)!.text);
/** Another contact and another patient each time. */
const somebody = (): Record<string, string> => ({ ...ANNE, given: `Anne${phones}`, phone: `06${phones++}` });
const booked = async (id: string): Promise<number> => {
  const { json } = await test.world.test.request('GET', `Appointment?actor=PractitionerRole/${id}&_summary=count`);
  return json.total;
};
const hoursOf = (visitor: PublicVisitor): string[] => visitor.form.buttons.map(({ text }) => text);

async function toCode(id: string, n = 0, fields = somebody()): Promise<PublicVisitor> {
  const visitor = await test.visitor().choose(`/p/${id}/${id}`, 'first', n);
  return visitor.fill(fields);
}

describe('the time that a visitor holds', () => {
  it('is hidden from others and from /Slot, and is free again when the hold ends', async () => {
    await test.publish('held', FIRST);
    const visitor = await test.visitor().choose('/p/held/held', 'first');
    const slots = async (): Promise<string[]> => {
      const day = 'start=ge2026-11-24T09:00:00Z&start=lt2026-11-24T11:00:00Z';
      const { json } = await test.world.test.request('GET', `Slot?schedule=held&status=free&${day}`);
      return (json.entry ?? []).map(({ resource }: Json) => resource.start);
    };
    const other = await test.visitor().get('/p/held/held/rendez-vous?motif=first');
    expect([hoursOf(other)[0], await slots()]).toEqual([
      '10 h 30, mardi 24 novembre 2026',
      expect.not.arrayContaining([expect.stringContaining('T10:00')]),
    ]);
    expect(await sql('SELECT * FROM appointment')).toEqual([]);
    // Its own holder is not in the way of itself: the same time again, and another one in its place.
    await visitor.get('/p/held/held/rendez-vous?motif=first');
    await visitor.chooseTime(0);
    expect((await sql("SELECT * FROM busy WHERE resource = 'Schedule/held'")).length).toBe(1);
    test.world.test.clock.now = NOW + 11 * MINUTE;
    await other.get('/p/held/held/rendez-vous?motif=first');
    expect(hoursOf(other)[0]).toBe('10 h 30, mardi 24 novembre 2026');
    test.world.test.clock.now = NOW;
    await expectConsistent(test.world.test.server.database);
  });

  it('is let go by its button, and leaves nothing', async () => {
    await test.publish('let', FIRST);
    const visitor = await test.visitor().choose('/p/let/let', 'first');
    await visitor.press('Libérer');
    expect(visitor.at).toBe('/p/let/let/rendez-vous');
    expect(await sql("SELECT * FROM busy WHERE schedule = 'let'")).toEqual([]);
    expect(await sql("SELECT * FROM public_visit WHERE schedule = 'let'")).toEqual([]);
  });

  it('lasts 10 minutes more once, by a button, and what was typed is kept', async () => {
    await test.publish('more', FIRST);
    const visitor = await test.visitor().choose('/p/more/more', 'first');
    expect(visitor.words).toContain("gardé jusqu'à 10 h 10");
    await visitor.press('10 minutes de plus', { family: 'Zyxcanary', given: 'Anne' });
    expect(visitor.words).toContain("gardé jusqu'à 10 h 20");
    expect(visitor.form.fields).toMatchObject({ family: 'Zyxcanary', given: 'Anne' });
    expect(visitor.page.text).not.toContain('10 minutes de plus');
  });

  it('is not kept for more than three in ten of a day, nor for two of a network', async () => {
    await test.publish('crowd', FIRST);
    // Two half hours a day are left of 2 hours: at most one is held.
    const visitors = [];
    for (let n = 0; n < 6; n++) visitors.push(await test.visitor().choose('/p/crowd/crowd', 'first', 0));
    const kept = visitors.filter(({ words }) => words.includes('vous est gardé')).length;
    expect([kept, visitors.filter(({ words }) => words.includes("n'est pas gardé")).length]).toEqual([1, 5]);
    const loaded = await test.world.load('crowd');
    expect(await test.world.book(loaded, 'first', { as: 'desk' }, NOW + 30 * MINUTE, 30)).toBeUndefined();
    await test.publish('net', FIRST);
    const family = [];
    for (let n = 0; n < 3; n++)
      family.push(await test.visitor('90.1.2.3').choose('/p/net/net', 'first', n === 0 ? 0 : 5 * n));
    expect(family.map(({ words }) => words.includes('vous est gardé'))).toEqual([true, true, false]);
  });

  it('is one, for whoever of 50 comes to the last one; the others see the nearest', async () => {
    await test.publish('last', FIRST);
    const visitors = Array.from({ length: 50 }, () => test.visitor());
    await Promise.all(visitors.map((visitor) => visitor.get('/p/last/last/rendez-vous?motif=first')));
    await Promise.all(visitors.map((visitor) => visitor.chooseTime(0)));
    const holders = visitors.filter(({ title }) => title === 'Le patient et vous');
    const others = visitors.filter(({ title }) => title === 'Ce créneau n’est plus libre');
    expect([holders.length, others.length]).toEqual([1, 49]);
    for (const other of others) expect([other.page.status, other.form.buttons.length]).toEqual([409, 3]);
    await holders[0]!.fill(somebody());
    await holders[0]!.press('Confirmer', { code: last() });
    expect([holders[0]!.title, await booked('last')]).toEqual(['Rendez-vous pris', 1]);
    await expectConsistent(test.world.test.server.database);
  });
});

describe('listed is bookable by the public door', () => {
  it('each listed time is booked, each other start is refused', async () => {
    await test.publish('door', [
      entry('first', ...audience('everyone'), part('buffer', 5), part('limit', [part('perDay', 3)])),
    ]);
    const site = new PublicSite(test.world.test.server, test.world.services);
    const window = { start: NOW, end: NOW + 2 * DAY };
    for (let round = 0; round < 8; round++) {
      const page = await site.practitioner('door', 'door', NOW);
      const [kind] = kindsOf(page, { as: 'everyone' });
      const listed = kind && (await timesIn(test.world.services, kind, { as: 'everyone' }, window, NOW));
      const starts = new Set(listed!.map(({ start }) => start));
      const loaded = await test.world.load('door');
      const { durationMs } = kindWithKey(loaded, `${SYSTEM}|first`)!;
      const shut = Array.from({ length: 60 }, (_, i) => NOW + i * 5 * MINUTE).filter((start) => !starts.has(start));
      const start = shut[(round * 7) % shut.length]!;
      const visitor = await test.visitor().get('/p/door/door/rendez-vous?motif=first');
      const { action, fields } = visitor.form;
      await visitor.post(action, { ...fields, slot: slotId({ agenda: loaded.code, start, durationMs }) });
      expect([round, visitor.page.status]).toEqual([round, 409]);
      const chosen = listed![(round * 5) % listed!.length];
      if (chosen === undefined) continue;
      await visitor.post(action, { ...fields, slot: chosen.id });
      await visitor.fill(somebody());
      await visitor.press('Confirmer', { code: last() });
      expect([round, visitor.title]).toEqual([round, 'Rendez-vous pris']);
    }
    await expectConsistent(test.world.test.server.database);
  });
});

describe('the code', () => {
  it('dies after five tries and after ten minutes, and is of one visit', async () => {
    await test.publish('code', FIRST);
    const visitor = await toCode('code');
    const right = last();
    const wrong = right === '000000' ? '000001' : '000000';
    for (let left = 4; left >= 1; left--) {
      await visitor.press('Confirmer', { code: wrong });
      expect([visitor.page.status, visitor.words]).toEqual([422, expect.stringContaining(`Il reste ${left} essai`)]);
    }
    await visitor.press('Confirmer', { code: wrong });
    await visitor.press('Confirmer', { code: right });
    expect([visitor.page.status, visitor.words]).toEqual([422, expect.stringContaining("n'est plus valable")]);
    await visitor.press('rien reçu');
    const fresh = last();
    const stranger = await toCode('code', 4);
    await stranger.press('Confirmer', { code: fresh });
    expect([fresh === last(), stranger.title]).toEqual([false, 'Vérification']);
    test.world.test.clock.now = NOW + 10 * MINUTE;
    await visitor.press('Confirmer', { code: fresh });
    expect(visitor.words).toContain("n'est plus valable");
    test.world.test.clock.now = NOW;
    await visitor.press('Confirmer', { code: `${fresh.slice(0, 3)} ${fresh.slice(3)}` });
    expect([visitor.title, await booked('code')]).toEqual(['Rendez-vous pris', 1]);
  });

  it('that somebody guesses 200 times books nothing', async () => {
    await test.publish('guess', FIRST);
    const visitor = await toCode('guess');
    const right = last();
    const { action, fields } = visitor.form;
    const guesses = Array.from({ length: 200 }, (_, i) => String(i * 4999).padStart(6, '0')).filter((c) => c !== right);
    await Promise.all(guesses.map((code) => visitor.tab().post(action, { ...fields, code })));
    expect(await booked('guess')).toBe(0);
    expect(await sql("SELECT tries FROM public_visit WHERE schedule = 'guess'")).toEqual([{ tries: 5 }]);
  });

  it('is not needed again in a visit whose time was taken after it', async () => {
    await test.publish('again', FIRST);
    const visitor = await toCode('again');
    await sql("DELETE FROM busy WHERE schedule = 'again'");
    const loaded = await test.world.load('again');
    expect(await test.world.book(loaded, 'first', { as: 'desk' }, NOW, 30)).toBeUndefined();
    await visitor.press('Confirmer', { code: last() });
    expect(visitor.title).toBe('Ce créneau n’est plus libre');
    await visitor.chooseTime(1);
    expect(visitor.words).toContain('Votre adresse est vérifiée');
    await visitor.press('Confirmer');
    expect([visitor.title, await booked('again')]).toEqual(['Rendez-vous pris', 2]);
  });
});

describe('once is once', () => {
  it('for a double click, a reload, the back button, two tabs, and the code beside the link', async () => {
    await test.publish('once', FIRST);
    const visitor = await test.visitor().get('/p/once/once/rendez-vous?motif=first');
    const [first, second] = [visitor.tab(), visitor.tab()];
    const { action, fields, buttons } = visitor.form;
    await Promise.all([first, second].map((tab) => tab.post(action, { ...fields, slot: buttons[0]!.value })));
    expect([first.title, second.title]).toEqual(['Le patient et vous', 'Le patient et vous']);
    await first.fill(somebody());
    const code = last();
    const sent = { ...first.form.fields, code };
    const tabs = Array.from({ length: 6 }, () => first.tab());
    await Promise.all(tabs.map((tab) => tab.post('/p/once/once/rendez-vous/code', sent)));
    // Each of them ends on the confirmation, at once or after a reload.
    for (const tab of tabs) await tab.get('/p/once/once/rendez-vous/code');
    expect([...tabs.map(({ title }) => title), await booked('once')]).toEqual([
      ...Array(6).fill('Rendez-vous pris'),
      1,
    ]);
    await first.get('/p/once/once/rendez-vous/patient');
    expect(first.title).toBe('Rendez-vous pris');
    expect(await booked('once')).toBe(1);
  });
});

describe('limits', () => {
  it('a patient has one booking to come with an agenda: keep it, or replace it', async () => {
    await test.publish('one', FIRST);
    const person = somebody();
    const first = await toCode('one', 0, person);
    await first.press('Confirmer', { code: last() });
    const second = await toCode('one', 6, person);
    await second.press('Confirmer', { code: last() });
    expect([second.page.status, second.title]).toEqual([409, 'Vous avez déjà un rendez-vous']);
    expect(second.words).toContain('mardi 24 novembre 2026 à 10 h 00');
    await second.press('remplacer');
    expect([second.title, await booked('one')]).toEqual(['Rendez-vous pris', 1]);
    const { json } = await test.world.test.request('GET', 'Appointment?actor=PractitionerRole/one');
    expect(json.entry[0].resource.start).not.toContain('T10:00');
    expect(await sql("SELECT * FROM busy WHERE appointment LIKE 'visit:%' AND schedule = 'one'")).toEqual([]);
    await expectConsistent(test.world.test.server.database);
  });

  it('a contact has three bookings to come in a practice, counted in their commits', async () => {
    await test.publish('three', FIRST);
    const phone = `06${phones++}`;
    const person = (n: number) => ({ ...ANNE, given: `Zoe${n}`, phone });
    const visitors = [];
    for (let n = 0; n < 3; n++) visitors.push([await toCode('three', 7 * n, person(n)), last()] as const);
    test.world.test.clock.now = NOW + HOUR;
    for (let n = 3; n < 5; n++) visitors.push([await toCode('three', 7 * n, person(n)), last()] as const);
    test.world.test.clock.now = NOW;
    await Promise.all(visitors.map(([visitor, code]) => visitor.press('Confirmer', { code })));
    expect(await booked('three')).toBe(3);
    expect(visitors.map(([{ title }]) => title).sort()).toEqual([
      ...Array(3).fill('Rendez-vous pris'),
      ...Array(2).fill('Trop de rendez-vous à venir'),
    ]);
  });

  it('of a network and of a contact are said in words, with the telephone and when to come back', async () => {
    await test.publish('often', FIRST);
    const visitor = test.visitor();
    for (let n = 0; n < 30; n++) await visitor.get('/p/often/often/rendez-vous?motif=first');
    expect(visitor.page.status).toBe(200);
    await visitor.get('/p/often/often/rendez-vous?motif=first');
    expect([visitor.page.status, Number(visitor.page.headers['retry-after'])]).toEqual([429, expect.any(Number)]);
    expect(visitor.words).toMatch(/Trop de demandes depuis votre connexion\. Réessayez dans 1 minute.*03 80 00 00 00/);
    const other = await toCode('often');
    for (let n = 0; n < 2; n++) await other.press('rien reçu');
    expect(other.page.status).toBe(200);
    await other.press('rien reçu');
    expect([other.page.status, other.words]).toEqual([429, expect.stringContaining('Trop de codes')]);
  });
});

describe('every row dies in time', () => {
  it('visits, holds and counters', async () => {
    const { database } = test.world.test.server;
    await test.publish('dies', FIRST);
    await test.visitor().choose('/p/dies/dies', 'first');
    const later = NOW + 400 * DAY;
    await new PublicVisits(database, new Secrets([])).sweep(later);
    await new LimitCounters(database).sweep(later);
    for (const table of ['public_visit', 'limit_counter']) expect(await sql(`SELECT * FROM ${table}`)).toEqual([]);
    expect(await sql("SELECT * FROM busy WHERE appointment LIKE 'visit:%'")).toEqual([]);
  });
});
