/** `/trouver`: practitioners who are on line, in an order that nobody pays for, with times that may be booked. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { judgeBooking, kindWithKey } from '../src/agenda/kinds/kind-times.ts';
import { PublicSearch } from '../src/public/site/search/public-search.ts';
import { readSearch } from '../src/public/site/search/search-query.ts';
import { PublicSite } from '../src/public/site/public-site.ts';
import { Towns } from '../src/store/records/towns.ts';
import { audience, CATALOGUE, DAY, entry, part, SYSTEM } from './kind-world.ts';
import { openPublicWorld, PROFILE, type PublicWorld, wordsOf } from './public-world.ts';

let world: PublicWorld;
let search: PublicSearch;
beforeAll(async () => {
  world = await openPublicWorld();
  const { server } = world.world.test;
  const site = new PublicSite(server, world.world.services);
  search = new PublicSearch(site, world.world.services, new Towns(server.database));
  await world.publish('dijon');
  await world.publish('lyon');
  await place('lyon', { line: ['2 rue du Lac'], postalCode: '69003', city: 'Lyon' });
  await world.publish('sans', [entry('first', ...audience('everyone'), notice(200))]);
  await world.publish('patients', [entry('visit', ...audience('patients'))]);
});
afterAll(() => world.close());

/** Nobody books less than so many days before. */
const notice = (days: number) => part('limit', [part('notice', days * 1440)]);
const place = async (id: string, address: object): Promise<void> => {
  const { json } = await world.world.test.request('GET', `Location/${id}`);
  await world.world.put({ ...json, address });
};
const namesOf = async (query: string): Promise<string[]> => {
  const { text } = await world.page(`/trouver?${query}`);
  return [...text.split('Sans horaire en ligne')[0]!.matchAll(/<h3><a href="\/p\/(\w+)\//g)].map(([, id]) => id!);
};
const change = async (id: string, profile: object): Promise<void> => {
  const page = { practice: `Organization/${id}`, practitioner: `Practitioner/${id}`, slug: id, isIndexed: false };
  const whole = JSON.stringify({ ...PROFILE, ...profile });
  await world.publications.write({ ...page, profile: whole }, world.world.test.clock.now);
};

describe('a search', () => {
  it('is a form until something is asked', async () => {
    const { status, text } = await world.page('/trouver');
    expect([status, text.includes('role="search"'), text.includes('<h2')]).toEqual([200, true, false]);
  });

  it('finds by specialty, by kind and by name, and nobody without a time or a kind for everyone', async () => {
    expect((await namesOf('quoi=medecine')).sort()).toEqual(['dijon', 'lyon']);
    expect((await namesOf('quoi=M%C3%89DECINE+g%C3%A9n')).sort()).toEqual(['dijon', 'lyon']);
    expect((await namesOf('quoi=shot')).sort()).toEqual(['dijon', 'lyon']);
    expect(await namesOf('quoi=lyon')).toEqual(['lyon']);
    expect(await namesOf('quoi=urgent')).toEqual([]);
    expect(await namesOf('quoi=dentiste')).toEqual([]);
    const words = wordsOf(await world.page('/trouver?quoi=medecine'));
    expect(words).toMatch(/2 praticiens.*Sans horaire en ligne pour le moment sans/);
    expect(words).not.toContain('patients Médecine');
  });

  it('knows towns and distances', async () => {
    expect(await namesOf('quoi=&lieu=dijon&rayon=10')).toEqual(['dijon']);
    expect(await namesOf('quoi=&lieu=69003&rayon=20')).toEqual(['lyon']);
    expect(wordsOf(await world.page('/trouver?lieu=dijon'))).toMatch(/à moins de 10 km de Dijon/);
    const unknown = await world.page('/trouver?lieu=nulle-part-du-tout');
    expect(wordsOf(unknown)).toContain('Aucune commune ne porte ce nom');
  });

  it('knows the towns in which somebody works, and leads to the day of a time', async () => {
    await world.publish('phare');
    const { json } = await world.world.test.request('GET', 'Location/phare');
    const address = { ...json.address, city: 'Val-de-Brume', postalCode: '58990' };
    await world.world.put(
      { ...json, address, position: { latitude: 47.3, longitude: 3.5 } },
      { resourceType: 'Practitioner', id: 'phare', name: [{ prefix: ['DR'], given: ['Anna'], family: 'Lune' }] },
    );
    for (const where of ['val-de-brume', '58990']) expect(await namesOf(`lieu=${where}`)).toEqual(['phare']);
    const { now } = world.world.test.clock;
    const { found } = await search.find(readSearch(new URLSearchParams('quoi=lune')), { as: 'everyone' }, now);
    const [{ page: lune, times }] = found as [(typeof found)[number]];
    const site = new PublicSite(world.world.test.server, world.world.services);
    expect([lune.name, site.bookingPath(lune, 'a', times[0])]).toEqual(['Dr Anna Lune', undefined]);
    site.addBooking(({ path }, kind) => `${path}/rendez-vous?motif=${kind}`);
    expect(site.bookingPath(lune, 'a', times[0])).toBe('/p/phare/phare/rendez-vous?motif=a&le=2026-11-24');
    const page = { practice: 'Organization/phare', practitioner: 'Practitioner/phare' };
    await world.publications.withdraw(page, false, now);
  });

  it('narrows by language, access, sector and date', async () => {
    await change('lyon', { languages: ['fr'], sector: '2' });
    expect(await namesOf('quoi=med&langue=ar')).toEqual(['dijon']);
    expect(await namesOf('quoi=med&secteur1=oui')).toEqual(['dijon']);
    expect((await namesOf('quoi=med&acces=ramp')).sort()).toEqual(['dijon', 'lyon']);
    expect(await namesOf('quoi=med&acces=ramp&acces=lift')).toEqual([]);
    expect((await namesOf('quoi=med&avant=2026-11-24')).sort()).toEqual(['dijon', 'lyon']);
    expect(await namesOf('quoi=med&avant=2026-11-23')).toEqual([]);
    expect(await namesOf('quoi=med&mode=VR')).toEqual([]);
    expect((await namesOf('quoi=med&mode=AMB&nouveaux=oui')).sort()).toEqual(['dijon', 'lyon']);
  });

  it('understands or leaves out whatever an address holds', async () => {
    for (const query of [
      'page=0',
      'page=-1',
      'page=1e9',
      'rayon=x&lieu=%00',
      'avant=2026-02-31&quoi=%25',
      'quoi[]=x',
      'quoi=(+*',
    ])
      expect([query, (await world.page(`/trouver?${query}`)).status]).toEqual([query, 200]);
    const { text } = await world.page('/trouver?quoi=%22%3E%3Cscript%3E');
    expect(text).not.toContain('<script');
  });

  it('shows times that may be booked at that moment, each of them', async () => {
    const { clock } = world.world.test;
    const asked = readSearch(new URLSearchParams('quoi=med'));
    const { found } = await search.find(asked, { as: 'everyone' }, clock.now);
    expect(found.map(({ times }) => times.length)).toEqual([3, 3]);
    for (const { times } of found)
      for (const { loaded, kind, start, end } of times) {
        const judged = await judgeBooking(
          world.world.services,
          loaded,
          kind,
          { as: 'everyone' },
          { start, end },
          clock.now,
        );
        expect(judged).toBeUndefined();
        expect(kindWithKey(loaded, `${SYSTEM}|urgent`)).not.toBe(kind);
      }
  });

  it('breaks ties by chance, another one each day, and takes 20 a page', async () => {
    for (let i = 0; i < 22; i++) await world.publish(`tie${i}`, CATALOGUE);
    const firstPage = await namesOf('quoi=med');
    expect(firstPage).toHaveLength(20);
    expect(await namesOf('quoi=med&page=1')).toEqual(firstPage);
    const second = await namesOf('quoi=med&page=2');
    expect(new Set([...firstPage, ...second]).size).toBe(24);
    const { clock } = world.world.test;
    clock.now += DAY;
    const nextDay = await namesOf('quoi=med');
    clock.now -= DAY;
    expect(nextDay).not.toEqual(firstPage);
    const words = wordsOf(await world.page('/trouver?quoi=med&page=2'));
    expect(words).toMatch(/Page précédente Page 2 sur 2/);
  });

  it('forgets at once whoever is taken off line', async () => {
    const page = { practice: 'Organization/lyon', practitioner: 'Practitioner/lyon' };
    await world.publications.withdraw(page, false, world.world.test.clock.now);
    expect(await namesOf('quoi=lyon')).toEqual([]);
  });
});
