/**
 * A slot that nothing gives to the SAS never leaves by any `/sas` path: random agendas (offers, explicit Slots, pauses,
 * quotas, bookings), every form of
 * request, and an oracle of its own (`sas-oracle.ts`).
 */
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Conformance } from '../src/fhir/conformance.ts';
import type { Json, Resource } from '../src/fhir/resource.ts';
import { NOW, type Reply, startTestServer, type TestServer } from './harness.ts';
import { type SearchKind, type Given, leaves } from './sas-oracle.ts';
import { type Agenda, IDNPS, IDNST, MIDNIGHT, MINUTE, place, REGULATOR, territory } from './sas-territory.ts';

const RUNS = 8;

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
  const account = {
    resourceType: 'Practitioner',
    identifier: [{ type: { coding: [{ code: 'IDNPS' }] }, ...REGULATOR }],
    active: true,
    name: [{ family: 'REGUL', given: ['Max'] }],
    telecom: [{ system: 'email', value: 'max@samu.test' }],
  };
  expect((await test.request('POST', '../sas/Practitioner', account)).status).toBe(201);
});
afterAll(() => test.close());

const inOrder = (list: readonly Given[]): Given[] =>
  [...list].sort((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));

function seen(slots: readonly Json[]): Given[] {
  return inOrder(
    slots.map((slot) => ({
      schedule: slot.schedule.reference,
      start: Date.parse(slot.start),
      end: Date.parse(slot.end),
      codes: slot.meta.security
        .map((coding: Json) => coding.code)
        .sort()
        .join(),
      cpts: (slot.serviceType ?? [])
        .flatMap((type: Json) => type.extension?.map((each: Json) => each.valueReference.reference) ?? [])
        .sort()
        .join(),
      modes: [
        ...new Set(
          (slot.serviceType ?? []).flatMap((type: Json) =>
            type.extension === undefined ? (type.coding?.map((coding: Json) => coding.code) ?? []) : [],
          ),
        ),
      ]
        .sort()
        .join(),
    })),
  );
}

const { validator } = new Conformance();
/** The slices by `pattern:$this` have no pattern: every consultation mode would have to be a CPTS (trap C32). */
const C32 = /extension:sas-servicetype-r5 is there 0 times/;
/** The faults that the declared profiles find in the Bundle and in each resource of it. */
const profileFaults = (json: Json): string[] =>
  validator
    .validate(json as Resource)
    .filter(({ severity, diagnostics }) => severity === 'error' && !C32.test(diagnostics))
    .map(({ expression, diagnostics }) => `${expression} ${diagnostics}`);

const resourcesOf = (json: Json, type: string): Json[] =>
  (json?.entry ?? []).map((entry: Json) => entry.resource).filter((resource: Json) => resource?.resourceType === type);
/** Ids of whatever slots stand in an answer, of any form. */
const slotIds = (text: string): string[] =>
  [...text.matchAll(/"resourceType":\s*"Slot",\s*"id":\s*"([^"]+)"|<Slot[^>]*>\s*<id value="([^"]+)"/g)].map(
    ([, json, xml]) => (json ?? xml)!,
  );
const ask = (path: string, headers: Record<string, string> = {}): Promise<Reply> =>
  test.request('GET', `../sas/${path}`, undefined, headers);
const instant = (ms: number): string => encodeURIComponent(new Date(ms).toISOString());

/**
 * A quota that is given at the agenda's midnight, which is the day before by the clock of the server: the afternoon has
 * none left.
 */
const MIDNIGHT_QUOTA: Agenda = {
  zone: 1,
  duration: 30,
  active: true,
  paused: false,
  complete: true,
  hours: [0, 18],
  offers: [{ blocks: [], visibility: ['PUBLIC'], mode: ['AMB'], cpts: [], quota: 1 }],
  kinds: [],
  written: [],
  bookings: [],
};

/** A period; the whole of what is drawn, or a part of it. */
const period = fc.oneof(
  fc.constant([0, 4320]),
  fc.tuple(fc.nat(4320), fc.nat(2880)).map(([from, long]) => [from, from + long]),
) as fc.Arbitrary<[number, number]>;

// Always all of its runs: those that a slow machine left out would give nothing, and the counts below would miss them.
it('answers hold every slot that the SAS may see, and no other', { timeout: 400_000 }, async () => {
  test.clock.now = NOW;
  let left = 0;
  let read = 0;
  await fc.assert(
    fc.asyncProperty(
      territory,
      fc.array(period, { minLength: 3, maxLength: 3 }),
      fc.nat(),
      async (drawn, periods, dice) => {
        const all = await place(test, drawn);
        const allowed: Record<SearchKind, Set<string>> = { PS: new Set(), CPTS: new Set(), SOS: new Set() };
        const search: Record<SearchKind, (from: number, to: number, who: readonly string[]) => string> = {
          PS: (from, to, who) =>
            `Slot?_include=Slot:schedule&_include:iterate=Schedule:actor&start=ge${instant(from)}&start=le${instant(to)}&schedule.actor:Practitioner.identifier=${who.map((id) => `${IDNPS}%7C${id}`).join()}&status=free`,
          CPTS: (from, to, who) =>
            `${search.PS(from, to, who)}&_include=Slot:service-type-reference&_include:iterate=HealthcareService:organization`,
          SOS: (from, to, who) =>
            `Schedule?_revinclude=Slot:schedule&_include=Schedule:actor:Location&_include:iterate=Location:organization&_has:Slot:schedule:start=ge${instant(from)}&_has:Slot:schedule:start=le${instant(to)}&_has:Slot:schedule:status=free&actor:Location.organization.identifier=${who.map((id) => `${IDNST}%7C${id}`).join()}`,
        };
        for (const [i, searchKind] of (['PS', 'CPTS', 'SOS'] as const).entries()) {
          const those = all.filter((agenda) => (agenda.kind === 'centre') === (searchKind === 'SOS'));
          const everybody = [...new Set(those.map(({ identifier }) => identifier))];
          const given = those.flatMap((agenda) => leaves(agenda, all, searchKind));
          for (const [from, to, who] of [
            [0, 4320, everybody],
            [...periods[i]!, everybody.slice(dice % everybody.length)],
          ] as [number, number, string[]][]) {
            const bounds = { start: MIDNIGHT + from * MINUTE, end: MIDNIGHT + to * MINUTE };
            const expected = given.filter(
              ({ schedule, start }) =>
                start >= bounds.start &&
                start <= bounds.end &&
                who.includes(those.find(({ id }) => `Schedule/${id}` === schedule)!.identifier),
            );
            const path = search[searchKind](bounds.start, bounds.end, who);
            const reply = await ask(path);
            const slots = resourcesOf(reply.json, 'Slot');
            expect([searchKind, reply.status, reply.json.total]).toEqual([searchKind, 200, expected.length]);
            expect(seen(slots)).toEqual(inOrder(expected));
            expect(
              resourcesOf(reply.json, 'Schedule')
                .map((resource) => `Schedule/${resource.id}`)
                .sort(),
            ).toEqual([...new Set(expected.map((expected) => expected.schedule))].sort());
            const services = resourcesOf(reply.json, 'HealthcareService')
              .map((resource) => `HealthcareService/${resource.id}`)
              .sort();
            expect(services).toEqual(
              [...new Set(expected.flatMap(({ cpts }) => cpts.split(',')).filter(Boolean))].sort(),
            );
            expect(reply.text).not.toMatch(/SECRET|1970-01-01|urn:foreign|zzz/);
            expect(profileFaults(reply.json)).toEqual([]);
            if (from === 0 && to === 4320) for (const slot of slots) allowed[searchKind].add(slot.id);
            left += slots.length;
            // The same question in other words: the same slots.
            const [type, query] = path.split('?') as [string, string];
            const form = await test.request('POST', `../sas/${type}/_search`, query, {
              'content-type': 'application/x-www-form-urlencoded',
            });
            expect(seen(resourcesOf(form.json, 'Slot'))).toEqual(inOrder(expected));
            const bare = `${type}?${query
              .split('&')
              .filter((part) => !/^_(rev)?include.*=(?!Slot:service)|status=free$/.test(part))
              .join('&')}`;
            expect(seen(resourcesOf((await ask(bare)).json, 'Slot'))).toEqual(inOrder(expected));
          }
        }
        // Other criteria and includes, by any path: no other slot, and nothing of what is behind it.
        const everything = new Set([...allowed.PS, ...allowed.CPTS, ...allowed.SOS]);
        const hidden = (
          await test.request(
            'GET',
            `Slot?start=ge2026-11-24&start=le2026-11-26T23:59:59%2B01:00&_count=5000&${all
              .map(({ id }) => `Schedule/${id}`)
              .join()
              .replace(/^/, 'schedule=')}`,
          )
        ).json.entry
          .map((entry: Json) => entry.resource.id)
          .filter((id: string) => !everything.has(id));
        const [first = 'none', second = 'none'] = [hidden[dice % hidden.length], hidden[(dice >> 4) % hidden.length]];
        const { id } = all[dice % all.length]!;
        const who = [...new Set(all.filter((each) => each.kind === 'practitioner').map((each) => each.identifier))];
        const centres = [...new Set(all.filter((each) => each.kind === 'centre').map((each) => each.identifier))];
        const [ps, cpts, sos] = [
          search.PS(MIDNIGHT, MIDNIGHT + 4320 * MINUTE, who),
          search.CPTS(MIDNIGHT, MIDNIGHT + 4320 * MINUTE, who),
          search.SOS(MIDNIGHT, MIDNIGHT + 4320 * MINUTE, centres),
        ];
        // Each fullUrl that was handed out can be read, and nothing that no search shows.
        for (const path of [ps, cpts, sos]) {
          const { json } = await ask(path);
          const entries: Json[] = (json.entry ?? []).filter((_: Json, i: number) => i % 5 === dice % 5);
          for (const { fullUrl, resource } of entries) {
            const reply = await ask(fullUrl.slice(json.link[0].url.indexOf('/sas/') + 5));
            expect([fullUrl, reply.status, reply.json.id]).toEqual([fullUrl, 200, resource.id]);
            expect(reply.text).not.toMatch(/SECRET|1970-01-01/);
            // The searches of practitioners and of CPTS show one slot in two ways: the read chooses the first one.
            if (path !== cpts) expect([fullUrl, reply.json]).toEqual([fullUrl, resource]);
            read += 1;
          }
        }
        for (const { id, active, paused, complete } of all) {
          if (active && !paused && complete) continue;
          expect([id, (await ask(`Schedule/${id}`)).status]).toEqual([id, 404]);
        }
        const forms: [SearchKind | undefined, string, Record<string, string>?][] = [
          ...(
            [
              ['PS', ps],
              ['CPTS', cpts],
              ['SOS', sos],
            ] as const
          ).flatMap(([searchKind, path]): [SearchKind, string, Record<string, string>?][] => [
            [searchKind, `${path}&_count=1`],
            [searchKind, `${path}&_id=${first},${second}`],
            [searchKind, `${path}&schedule=Schedule/${id}&_sort=-start&_total=none`],
            [
              searchKind,
              `${path}&_include=*&_revinclude=*&_revinclude=Slot:schedule&_revinclude=Appointment:slot&_revinclude=AuditEvent:entity&_include=Slot:appointment`,
            ],
            [searchKind, `${path}&_elements=id,start,comment`],
            [searchKind, `${path}&_summary=true`],
            [searchKind, `${path}&_format=xml`],
            [searchKind, path, { prefer: 'handling=strict' }],
            [searchKind, path, { prefer: 'handling=lenient, return=representation', accept: 'application/json+fhir' }],
            [searchKind, path.replace('le2026', 'lt2027')],
            [searchKind, path.replace('status=free', 'status=free,busy')],
            [searchKind, path.replace('status=free', 'status:not=free')],
          ]),
          ...[
            `Slot/${first}`,
            `Slot/${second}`,
            `Slot/${[...everything][0] ?? 'none'}`,
            `Slot/${first}/_history`,
            `Slot/${first}/_history/1`,
            `Slot/_history`,
            '_history',
            `Schedule/${id}`,
            `Schedule/${id}/Slot`,
            `Schedule/${id}/$sas-preview`,
            `Slot?_id=${first}`,
            `Slot?schedule=Schedule/${id}&start=ge2026-11-24&start=le2026-11-26`,
            `Schedule?_id=${id}&_revinclude=Slot:schedule`,
            `Slot/$find?start=2026-11-24`,
            `Practitioner?_revinclude=Slot:schedule&_include=*`,
            `Practitioner?_has:Schedule:actor:_id=${id}`,
            `Appointment?slot=Slot/${first}&_include=Appointment:slot`,
            'AuditEvent',
            'Patient',
            `$outbox`,
            `?_type=Slot`,
          ].map((path): [undefined, string] => [undefined, path]),
        ];
        for (const [searchKind, path, headers] of forms) {
          const reply = await ask(path, headers);
          const shown = slotIds(reply.text);
          const isRead = /^Slot\/[^/]+$/.test(path);
          const may = searchKind === undefined ? (isRead ? everything : new Set<string>()) : allowed[searchKind];
          expect([path, shown.filter((each) => !may.has(each))]).toEqual([path, []]);
          expect(reply.text).not.toMatch(/SECRET|1970-01-01/);
        }
        const batch = {
          resourceType: 'Bundle',
          type: 'batch',
          entry: [`Slot/${first}`, ps].map((url) => ({ request: { method: 'GET', url } })),
        };
        for (const [method, path, body] of [
          ['POST', '', batch],
          ['PUT', `Slot/${first}`, { resourceType: 'Slot', id: first }],
          ['PATCH', `Schedule/${id}`, []],
          ['POST', `Slot/$validate`, { resourceType: 'Slot' }],
          ['POST', 'Slot/$find', { resourceType: 'Parameters' }],
        ] as const) {
          const reply = await test.request(method, `../sas${path && '/'}${path}`, body);
          expect([path, reply.status >= 400, slotIds(reply.text)]).toEqual([path, true, []]);
        }
      },
    ),
    {
      numRuns: RUNS,
      seed: 4,
      examples: [
        [
          { practitioners: [[MIDNIGHT_QUOTA]], centres: [MIDNIGHT_QUOTA] },
          [
            [2160, 2880],
            [2160, 2880],
            [2160, 2880],
          ],
          0,
        ],
      ],
      endOnFailure: true,
    },
  );
  // The test is worth nothing if nothing leaves.
  expect(left).toBeGreaterThan(RUNS * 20);
  expect(read).toBeGreaterThan(RUNS * 5);
});
