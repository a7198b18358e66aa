/** A booking confirmed by mail: the code, the link that robots open too, and where the name of a patient never is. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { secretKey } from '../src/runtime/secrets.ts';
import { NOW } from './harness.ts';
import { audience, entry, MINUTE } from './kind-world.ts';
import { openPostbox, type Postbox } from './postbox.ts';
import { ANNE, type BookingTest, codeIn, openBookingTest, type PublicVisitor } from './public-visitor.ts';

const KEY = secretKey(Buffer.alloc(32, 7).toString('base64'));
const FIRST = [entry('first', ...audience('everyone'))];
const CANARY = /zyxcanary|1980-02-03|0?6 ?12 ?34 ?56|\+336123/i;

let test: BookingTest;
let post: Postbox;
beforeAll(async () => {
  post = await openPostbox();
  test = await openBookingTest({
    ...{ smtpUrl: post.url, secretKeys: [KEY], publicUrl: 'https://agenda.example', sasPlatformUrl: undefined },
  });
});
afterAll(async () => {
  await test.close();
  await post.close();
});

const sql = <T>(text: string, params: unknown[] = []) => test.world.test.sql<T>(text, params);
const booked = async (id: string): Promise<number> => {
  const { json } = await test.world.test.request('GET', `Appointment?actor=PractitionerRole/${id}&_summary=count`);
  return json.total;
};

async function toCode(id: string, email: string): Promise<PublicVisitor> {
  const visitor = await test.visitor().choose(`/p/${id}/${id}`, 'first', 2);
  return visitor.fill({ ...ANNE, email, by: 'email' });
}

describe('the mail', () => {
  it('has a code, and a link that shows a button; opening it changes nothing', async () => {
    await test.publish('link', FIRST);
    const visitor = await toCode('link', 'link@exemple.fr');
    const [letter] = await post.until(1, 'link@exemple.fr');
    expect(letter!.subject).toBe('Votre code pour confirmer le rendez-vous');
    expect(letter!.text).toContain("n'est pas encore pris");
    expect(letter!.text).not.toMatch(/first|Médecine/);
    const address = letter!.links.find((link) => link.includes('/lien/'))!;
    const path = address.slice('https://agenda.example'.length);
    const robot = test.visitor();
    for (let i = 0; i < 20; i++) await robot.get(path);
    expect([robot.title, await booked('link')]).toEqual(['Confirmer le rendez-vous', 0]);
    await robot.press('Confirmer');
    expect([robot.title, await booked('link')]).toEqual(['Rendez-vous pris', 1]);
    // The code beside the link, and the link once more: the same appointment.
    await visitor.press('Confirmer', { code: codeIn(letter!.text.replace(/https?:\S+/g, '')) });
    expect([visitor.title, await booked('link')]).toEqual(['Rendez-vous pris', 1]);
    await robot.get(path);
    expect(robot.title).toBe('Rendez-vous pris');
    expect(robot.page.text).toMatch(/href="\/r\/[\w-]{20,}"/);
    await robot.get('/p/link/link/rendez-vous/lien/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA');
    expect([robot.page.status, robot.title]).toEqual([410, 'Lien périmé']);
  });

  it('of the confirmation follows by the ordinary way', async () => {
    await test.publish('notice', FIRST);
    const visitor = await toCode('notice', 'notice@exemple.fr');
    const [letter] = await post.until(1, 'notice@exemple.fr');
    await visitor.press('Confirmer', { code: codeIn(letter!.text.replace(/https?:\S+/g, '')) });
    const letters = await post.until(2, 'notice@exemple.fr');
    expect(letters.map(({ subject }) => subject)).toEqual([
      'Votre code pour confirmer le rendez-vous',
      expect.stringContaining('Rendez-vous confirmé'),
    ]);
  });

  it('that cannot leave is said, the time stays held, and nothing is counted', async () => {
    await test.publish('down', FIRST);
    const visitor = await test.visitor().choose('/p/down/down', 'first', 2);
    const down = await openBookingTest({ smtpUrl: 'smtp://127.0.0.1:1' });
    await down.publish('down', FIRST);
    const other = await down.visitor().choose('/p/down/down', 'first', 2);
    for (let i = 0; i < 4; i++) {
      await other.fill({ ...ANNE, by: 'email' });
      expect([other.page.status, other.words]).toEqual([422, expect.stringContaining("n'a pas pu partir")]);
    }
    expect(other.words).toContain('vous est gardé');
    await other.fill({ by: 'sms' });
    expect(other.title).toBe('Vérification');
    expect(visitor.words).toContain('vous est gardé');
    await down.close();
  });

  it('a server without any way says to telephone, before a time is chosen', async () => {
    const mute = await openBookingTest({ smsUrl: undefined });
    await mute.publish('mute', FIRST);
    const visitor = await mute.visitor().get('/p/mute/mute/rendez-vous?motif=first');
    expect([visitor.page.status, visitor.words]).toEqual([503, expect.stringContaining('03 80 00 00 00')]);
    expect((await mute.page('/p/mute/mute')).text).not.toContain('/rendez-vous');
    await mute.close();
  });
});

describe('the name of a patient', () => {
  it('is in no address, title, message to others, counter, visit or audit trail', async () => {
    await test.publish('canary', FIRST);
    const visitor = await test.visitor().choose('/p/canary/canary', 'first', 2);
    const titles: string[] = [];
    const look = (): void => void titles.push(/<title>(.*?)<\/title>/.exec(visitor.page.text)![1]!);
    look();
    await visitor.fill({ ...ANNE, email: 'x', by: 'email' });
    look();
    await visitor.fill({ ...ANNE, by: 'email' });
    look();
    const visits = await sql('SELECT * FROM public_visit');
    expect([visits.length > 0, CANARY.test(JSON.stringify(visits))]).toEqual([true, false]);
    const [letter] = await post.until(1, ANNE['email']);
    expect(letter!.text).not.toMatch(/Zyxcanary|1980/);
    await visitor.press('Confirmer', { code: codeIn(letter!.text.replace(/https?:\S+/g, '')) });
    look();
    expect(visitor.title).toBe('Rendez-vous pris');
    expect(visitor.visited.concat(titles).join(' ')).not.toMatch(CANARY);
    await test.world.test.server.audit.spool.flush();
    for (const table of ['outbox', 'limit_counter', 'public_visit', 'busy', 'condition', 'audit_event'])
      expect([table, CANARY.exec(JSON.stringify(await sql(`SELECT * FROM ${table}`)))]).toEqual([table, null]);
    const { text } = await test.world.test.request('GET', 'Slot?schedule=canary&start=ge2026-11-24&start=lt2026-11-25');
    expect(text).not.toMatch(CANARY);
  });

  it('is refused in a form of another site, and without the token of the visit', async () => {
    await test.publish('forged', FIRST);
    const visitor = await test.visitor().choose('/p/forged/forged', 'first', 2);
    const { action, fields } = visitor.form;
    const foreign = await visitor.tab().post(action, { ...fields, ...ANNE }, { 'sec-fetch-site': 'cross-site' });
    expect(foreign.page.status).toBe(403);
    const forged = await visitor.tab().post(action, { ...fields, ...ANNE, csrf: 'x' });
    expect([forged.page.status, forged.words]).toEqual([403, expect.stringContaining('ne vient pas de votre visite')]);
    const lost = await test.visitor().post(action, { ...fields, ...ANNE });
    expect([lost.page.status, lost.title]).toEqual([409, 'Votre visite est terminée']);
    test.world.test.clock.now = NOW + 121 * MINUTE;
    await visitor.get('/p/forged/forged/rendez-vous/patient');
    expect(visitor.at).toBe('/p/forged/forged/rendez-vous');
    test.world.test.clock.now = NOW;
  });
});
