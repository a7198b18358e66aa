/** The pages of practices for the public: what is on line, what is not, and the times that they show. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeBooking, kindWithKey } from '../src/agenda/kinds/kind-times.ts';
import { nextTimes, timesIn } from '../src/public/site/next-times.ts';
import { kindsOf } from '../src/public/site/pages-found.ts';
import { PublicSite } from '../src/public/site/public-site.ts';
import { parseSlotId } from '../src/scheduling/slot-id.ts';
import { call, startTestServer } from './harness.ts';
import { audience, DAY, entry, MINUTE, SYSTEM } from './kind-world.ts';
import { openPublicWorld, type PublicWorld, wordsOf } from './public-world.ts';

let world: PublicWorld;
let site: PublicSite;
beforeAll(async () => {
  world = await openPublicWorld();
  site = new PublicSite(world.world.test.server, world.world.services);
});
afterAll(() => world.close());

const PRACTICE = (id: string) => ({ practice: `Organization/${id}`, practitioner: '' });
const PRACTITIONER = (id: string) => ({ practice: `Organization/${id}`, practitioner: `Practitioner/${id}` });
const now = (): number => world.world.test.clock.now;

describe('without --public', () => {
  it('no address of the public exists', async () => {
    const test = await startTestServer();
    for (const path of ['/p', '/p/a', '/p/a/b', '/trouver', '/robots.txt', '/sitemap.xml']) {
      const { status, json } = await call(test.server.url + path, 'GET');
      expect([path, status, json?.resourceType]).toEqual([path, 404, 'OperationOutcome']);
    }
    const { json } = await test.request('GET', 'metadata');
    const organization = json.rest[0].resource.find(({ type }: { type: string }) => type === 'Organization');
    const names = (organization.operation ?? []).map(({ name }: { name: string }) => name);
    expect(names.filter((name: string) => name.startsWith('publi'))).toEqual([]);
    await test.close();
  });
});

describe('a page that is on line', () => {
  it('says who, where, how much, the telephone and the first times, after the emergency number', async () => {
    await world.publish('full');
    const page = await world.page('/p/full/full');
    const words = wordsOf(page);
    expect([page.status, words.slice(0, 46)]).toEqual([200, 'Urgence vitale : appelez le 15 ou le 112. Cett']);
    for (const fact of [
      ...['Médecine générale', 'Conventionné secteur 1', 'Consultation : 30 €', 'carte bancaire, espèces'],
      ...['Tiers payant dans les cas prévus par la loi', 'français, arabe', '1 rue du Port, 21000 Dijon'],
      ...['03 80 00 00 00', 'Rampe', 'Nouveaux patients : acceptés', 'mardi 24 novembre 2026 à 10:00'],
    ])
      expect(words).toContain(fact);
    // Kinds for regulators and for patients who are known are not for somebody whom nobody knows.
    expect([words.includes('first'), words.includes('shot')]).toEqual([true, true]);
    expect([words.includes('urgent'), /\bvisit\b/.test(words)]).toEqual([false, false]);
    const practice = wordsOf(await world.page('/p/full'));
    expect(practice).toContain('Premier rendez-vous en ligne : mardi 24 novembre 2026 à 10:00');
  });

  it('needs no script, loads nothing, and no search engine lists it unless asked', async () => {
    await world.publish('quiet');
    const { text, headers } = await world.page('/p/quiet/quiet');
    expect(text).not.toMatch(/<script|<img|<link rel="(?!canonical)|src=|@import|url\(/);
    expect(headers['content-security-policy']).toMatch(
      /^default-src 'none'; style-src 'sha256-[^']+'; form-action 'self'/,
    );
    expect(headers['content-security-policy']).toContain("frame-ancestors 'none'");
    expect([headers['x-robots-tag'], text.includes('<meta name="robots" content="noindex">')]).toEqual([
      'noindex',
      true,
    ]);
    expect(headers['set-cookie']).toBeUndefined();
  });

  it('is not sent again as long as it is the same', async () => {
    await world.publish('same');
    const { headers } = await world.page('/p/same/same');
    const again = await world.page('/p/same/same', { 'if-none-match': headers['etag']! });
    expect([again.status, again.text]).toEqual([304, '']);
  });

  it('shows what is typed there as text', async () => {
    await world.publish('typed');
    const profile = JSON.stringify({ presentation: '<script>alert(1)</script>' });
    await world.publications.write({ ...PRACTITIONER('typed'), slug: 'typed', isIndexed: false, profile }, now());
    const { text } = await world.page('/p/typed/typed');
    expect([text.includes('<script'), text.includes('&lt;script&gt;')]).toEqual([false, true]);
  });
});

describe('a page that is not on line', () => {
  it('answers like an address that nobody has, whatever it lacks', async () => {
    await world.publish('known');
    await world.world.practice('never', [entry('first', ...audience('everyone'))], { first: 30 });
    const draft = { ...PRACTITIONER('never'), slug: 'never', isIndexed: false, profile: '{}' };
    await world.publications.write({ ...draft, ...PRACTICE('never') }, now());
    await world.publications.write(draft, now());
    await world.publications.write({ ...draft, practice: 'Organization/known' }, now());
    const answers = [];
    for (const path of ['/p/nobody', '/p/never', '/p/never/never', '/p/known/nobody', '/p/known/never', '/p/a/b/c/d']) {
      const { status, text, headers } = await world.page(path);
      const { 'x-request-id': _id, date: _date, ...others } = headers;
      answers.push({ status, text, others });
    }
    expect(answers[0]!.status).toBe(404);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  it('is not published without the consent of the practitioner', async () => {
    await world.publish('asked');
    const page = { ...PRACTITIONER('asked'), slug: 'asked', isIndexed: false, profile: '{}' };
    expect(await world.publications.withdraw(page, true, now())).toBe(true);
    expect(await world.publications.publish(page, now())).toBe(false);
    expect((await world.page('/p/asked/asked')).status).toBe(410);
    expect(await world.publications.consent(page, now())).toBe(true);
    expect(await world.publications.publish(page, now())).toBe(true);
    expect((await world.page('/p/asked/asked')).status).toBe(200);
  });

  it('is gone for good with its practice or its role, and keeps its address', async () => {
    await world.publish('gone');
    await world.publications.withdraw(PRACTICE('gone'), false, now());
    expect((await world.page('/p/gone')).status).toBe(410);
    expect((await world.page('/p/gone/gone')).status).toBe(410);
    await world.world.put({ resourceType: 'Organization', id: 'heir', name: 'heir' });
    const heir = { ...PRACTICE('heir'), slug: 'gone', isIndexed: false, profile: '{}' };
    expect(await world.publications.write(heir, now())).toBe(false);
    await world.publish('left');
    const { json: role } = await world.world.test.request('GET', 'PractitionerRole/left');
    await world.world.put({ ...role, active: false });
    expect((await world.page('/p/left/left')).status).toBe(410);
    expect(wordsOf(await world.page('/p/left'))).not.toContain('/p/left/left');
  });

  it('shows nothing of another practice', async () => {
    await world.publish('here');
    await world.publish('there');
    expect((await world.page('/p/here/there')).status).toBe(404);
    const { text } = await world.page('/p/here');
    expect(text).not.toContain('there');
    // A second role of the same practitioner, elsewhere: its agenda is not on this page.
    const role = {
      resourceType: 'PractitionerRole',
      id: 'here-there',
      practitioner: { reference: 'Practitioner/here' },
    };
    await world.world.put({ ...role, organization: { reference: 'Organization/there' } });
    const { json: schedule } = await world.world.test.request('GET', 'Schedule/here');
    await world.world.put({ ...schedule, id: 'here-there', actor: [{ reference: 'PractitionerRole/here-there' }] });
    const page = await site.practitioner('here', 'here', now());
    expect(page.agendas.map(({ schedule: id }) => id)).toEqual(['here']);
  });
});

describe('the times that a page shows', () => {
  it('may be booked at that moment, each of them, as the day goes on and patients book', async () => {
    await world.publish('day');
    const { clock } = world.world.test;
    const start = clock.now;
    for (let step = 0; step < 6; step++) {
      clock.now = start + step * 7 * 60 * MINUTE;
      const page = await site.practitioner('day', 'day', clock.now);
      const kinds = kindsOf(page, { as: 'everyone' });
      const all = await nextTimes(world.world.services, kinds, { as: 'everyone' }, clock.now, 3);
      for (const [i, times] of all.entries()) {
        expect(times).toHaveLength(3);
        const window = { start: clock.now, end: times[2]!.start + 1 };
        const listed = await timesIn(world.world.services, kinds[i]!, { as: 'everyone' }, window, clock.now);
        expect(listed.slice(0, 3).map(({ id }) => id)).toEqual(times.map(({ id }) => id));
        for (const { loaded, kind, start: at, end, id } of times) {
          const reason = await judgeBooking(
            ...([world.world.services, loaded, kind, { as: 'everyone' }, { start: at, end }, clock.now] as const),
          );
          expect([kind.name, reason, parseSlotId(id)?.start]).toEqual([kind.name, undefined, at]);
        }
      }
      const [first] = all[0]!;
      const loaded = await world.world.load('day');
      const minutes = (first!.end - first!.start) / MINUTE;
      expect(await world.world.book(loaded, codeOf(first!.kind.key), { as: 'everyone' }, first!.start, minutes)).toBe(
        undefined,
      );
    }
    clock.now = start;
  });

  it('reach beyond the first week when it is full or closed', async () => {
    await world.publish('late', [entry('first', ...audience('everyone'), limit(20))]);
    const page = await site.practitioner('late', 'late', now());
    const [times] = await nextTimes(
      world.world.services,
      kindsOf(page, { as: 'everyone' }),
      { as: 'everyone' },
      now(),
      3,
    );
    expect(times!.map(({ start }) => Math.floor((start - now()) / DAY))).toEqual([20, 20, 20]);
    expect(kindWithKey(page.agendas[0]!, `${SYSTEM}|first`)).toBeDefined();
  });
});

const codeOf = (key: string): string => key.slice(SYSTEM.length + 1);
/** Nobody books less than so many days before. */
const limit = (days: number) => ({ url: 'limit', extension: [{ url: 'notice', valuePositiveInt: days * 1440 }] });
