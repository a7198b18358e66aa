/**
 * The national directory in every published form: what the guides search is found, a second load changes what has
 * changed, and whatever a practice has added stays.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { DirectoryLoader, type DirectoryReport } from '../src/sync/directory/directory-loader.ts';
import { readDirectory } from '../src/sync/directory/read-directory.ts';
import { FIXTURE } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';

let test: TestServer;
beforeAll(async () => {
  test = await startTestServer();
});
afterAll(() => test.close());

async function* linesOf(text: string): AsyncGenerator<string> {
  yield* text.split('\n');
}

/** `pages`: those that follow; `heard`: the number of resources of each transaction. */
async function load(
  text: string,
  { isDryRun = false, pages = [] as string[], size = 3, heard = [] as number[] } = {},
): Promise<DirectoryReport> {
  const { backend } = test.server;
  const loader = new DirectoryLoader({
    reader: backend.repository.reader,
    backend: {
      transact(context, writes) {
        heard.push(writes.length);
        return backend.transact(context, writes);
      },
    },
    context: () => ({
      now: test.clock.now,
      requestId: 'test',
      caller: 'test',
      roles: ['*'],
      strict: false,
      loading: true,
      base: '',
    }),
    isDryRun,
  });
  const left = [...pages];
  const next = async () => {
    const page = left.shift();
    return page === undefined ? undefined : linesOf(page);
  };
  await loader.load(readDirectory({ name: 'file', lines: linesOf(text), next }), size);
  return loader.report;
}

const countsOf = ({ byType }: DirectoryReport): Json =>
  Object.fromEntries(
    [...byType].map(([type, { created, updated, unchanged }]) => [type, [created, updated, unchanged]]),
  );

const NOS = 'https://mos.esante.gouv.fr/NOS';
const G15 = `${NOS}/TRE_G15-ProfessionSante/FHIR/TRE-G15-ProfessionSante`;
const R38 = `${NOS}/TRE_R38-SpecialiteOrdinale/FHIR/TRE-R38-SpecialiteOrdinale`;
const part = (name: string, value: string): Json => ({
  url: `http://hl7.org/fhir/StructureDefinition/iso21090-ADXP-${name}`,
  valueString: value,
});

const structure = (id: string, more: Json = {}): Json => ({
  resourceType: 'Organization',
  id,
  identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1920000009' }],
  active: true,
  name: 'Centre de Clamart',
  address: [
    {
      _line: [
        { extension: [part('houseNumber', '12'), part('streetNameType', 'AV'), part('streetNameBase', 'DES LILAS')] },
      ],
      city: '92140 CLAMART',
    },
  ],
  ...more,
});
const person = (id: string, rpps: string, more: Json = {}): Json => ({
  resourceType: 'Practitioner',
  id,
  identifier: [
    { system: 'urn:oid:1.2.250.1.71.4.2.1', value: `8${rpps}` },
    { system: 'https://rpps.esante.gouv.fr', value: rpps },
  ],
  active: true,
  name: [{ family: 'LEROUX', given: ['Anaïs'], prefix: ['DR'] }],
  qualification: [
    { code: { coding: [{ system: G15, code: '10' }] } },
    {
      code: {
        coding: [
          { system: `${NOS}/TRE_R04-TypeSavoirFaire/FHIR/TRE-R04`, code: 'S' },
          { system: R38, code: 'SM54' },
        ],
      },
    },
  ],
  ...more,
});
const role = (id: string, who: string, where: string): Json => ({
  resourceType: 'PractitionerRole',
  id,
  active: true,
  practitioner: { reference: `Practitioner/${who}` },
  organization: { reference: `Organization/${where}` },
  code: [{ coding: [{ system: `${NOS}/TRE_R23-ModeExercice/FHIR/TRE-R23-ModeExercice`, code: 'L' }] }],
});
const ndjson = (...resources: Json[]): string => resources.map((resource) => JSON.stringify(resource)).join('\n');
const bundle = (...resources: Json[]): string =>
  JSON.stringify(
    { resourceType: 'Bundle', type: 'searchset', entry: resources.map((resource) => ({ resource })) },
    null,
    1,
  );

const get = async (path: string): Promise<Json> => (await test.request('GET', path)).json;

describe('the directory in FHIR', () => {
  it('is found by profession, specialty and address of a role, and leaves by /sas', async () => {
    const report = await load(
      ndjson(structure('org1'), person('003-1', '10000000101'), role('005-1', '003-1', 'org1')),
    );
    expect([countsOf(report), report.refused]).toEqual([
      { Organization: [1, 0, 0], Location: [1, 0, 0], Practitioner: [1, 0, 0], PractitionerRole: [1, 0, 0] },
      [],
    ]);
    const { entry } = await get('PractitionerRole?role=10&specialty=SM54&address=CLAMART&practitioner.name=leroux');
    expect(entry).toHaveLength(1);
    const place = await get('Location/lieu-structure-org1');
    expect(place.address).toMatchObject({ line: ['12 Avenue DES LILAS'], city: 'CLAMART', postalCode: '92140' });
    const agenda = {
      ...FIXTURE.find(({ resourceType, id }) => resourceType === 'Schedule' && id === 'vasseur-paris'),
      id: 'clamart',
      identifier: undefined,
      actor: [
        { reference: 'Practitioner/rpps-10000000101' },
        { reference: `PractitionerRole/${entry[0].resource.id}` },
      ],
    };
    agenda.extension = [
      ...agenda.extension,
      {
        url: 'urn:creneau:fhir:slot-offer',
        extension: [
          { url: 'visibility', valueCode: 'PUBLIC' },
          { url: 'mode', valueCode: 'AMB' },
        ],
      },
    ];
    const made = await test.request('PUT', 'Schedule/clamart', agenda);
    expect(made.status, made.text).toBe(201);
    for (const chain of [
      'PractitionerRole.location.address=clamart',
      'PractitionerRole.role=10',
      'PractitionerRole.specialty=SM54',
    ])
      expect([chain, (await get(`Slot?status=free&start=ge2026-11-25&schedule.actor:${chain}`)).total > 0]).toEqual([
        chain,
        true,
      ]);
    const sas = await get(
      '../sas/Slot?status=free&start=ge2026-11-25T00:00:00%2B01:00&start=le2026-11-27T00:00:00%2B01:00' +
        '&schedule.actor:Practitioner.identifier=810000000101&_include=Slot:schedule&_include:iterate=Schedule:actor',
    );
    expect(sas.entry.map(({ resource }: Json) => resource.resourceType)).toContain('PractitionerRole');
  });

  it('loaded again changes nothing, and a dry run writes nothing', async () => {
    const before = await get('_history?_count=1');
    const all = ndjson(structure('org1'), person('003-1', '10000000101'), role('005-1', '003-1', 'org1'));
    const again = await load(all);
    expect(countsOf(again)).toEqual({
      Organization: [0, 0, 1],
      Location: [0, 0, 1],
      Practitioner: [0, 0, 1],
      PractitionerRole: [0, 0, 1],
    });
    const dry = await load(ndjson(structure('org1', { name: 'Autre' }), structure('org9', { identifier: [] })), {
      isDryRun: true,
    });
    expect(countsOf(dry).Organization).toEqual([1, 1, 0]);
    expect(await get('_history?_count=1')).toEqual(before);
  });

  it('keeps what a practice has added, and follows what the directory changes', async () => {
    const [{ resource: mine }] = (await get('PractitionerRole?role=10')).entry;
    const local = { telecom: [{ system: 'phone', value: '0146000000' }], availableTime: [{ allDay: true }] };
    await test.request('PUT', `PractitionerRole/${mine.id}`, { ...mine, ...local });
    const sage = person('003-1', '10000000101', {
      qualification: [{ code: { coding: [{ system: G15, code: '50' }] } }],
    });
    await load(ndjson(structure('org1', { name: 'Centre renommé' }), sage));
    expect(await get(`PractitionerRole/${mine.id}`)).toMatchObject(local);
    expect((await get('PractitionerRole?role=50')).total).toBe(1);
    expect((await get('PractitionerRole?specialty=SM54')).total).toBe(0);
    expect((await get('Organization?name:contains=renomm')).total).toBe(1);
  });

  it('completes a practitioner whom a practice has written itself, and no more', async () => {
    const own = {
      resourceType: 'Practitioner',
      id: 'maison',
      identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.1', value: '810000000202' }],
      name: [{ family: 'Nom maison' }],
      telecom: [{ system: 'phone', value: '0102030405' }],
    };
    await test.request('PUT', 'Practitioner/maison', own);
    await load(bundle(role('005-2', '003-2', 'org1'), person('003-2', '10000000202'), structure('org1')));
    const kept = await get('Practitioner/maison');
    expect(kept).toMatchObject({ name: own.name, telecom: own.telecom });
    expect(kept.qualification).toHaveLength(2);
    expect((await get('Practitioner?identifier=810000000202')).total).toBe(1);
    expect((await get('PractitionerRole?practitioner=Practitioner/maison&role=10')).total).toBe(1);
    // The tombstone of the directory ends nothing that is the practice's own.
    await load(
      ndjson(
        { resourceType: 'Practitioner', id: '003-2', active: false },
        { resourceType: 'Practitioner', id: '003-1', active: false },
      ),
    );
    expect((await get('Practitioner/maison')).active).toBeUndefined();
    expect((await get('Practitioner/rpps-10000000101')).active).toBe(false);
  });

  it('is read page by page, and faults are named by their line while the rest is loaded', async () => {
    const pages = [bundle(structure('org4', { identifier: [] })), bundle(structure('org5', { identifier: [] }))];
    expect(countsOf(await load(bundle(structure('org3', { identifier: [] })), { pages })).Organization).toEqual([
      3, 0, 0,
    ]);
    const { refused, byType } = await load(
      ndjson(role('005-9', 'nobody', 'org1'), { ...structure('org6'), name: 5 }) +
        `\n{"resourceType"\n${ndjson(structure('org7', { identifier: [] }))}`,
    );
    expect([...new Set(refused.map(({ where }) => where))].sort()).toEqual(['file:1', 'file:2', 'file:3']);
    expect(byType.get('Organization')!.created).toBe(1);
  });
});

describe('the open extracts', () => {
  const HEADER =
    "Type d'identifiant PP|Identifiant PP|Identification nationale PP|Code civilité d'exercice|Nom d'exercice|" +
    "Prénom d'exercice|Code profession|Libellé profession|" +
    'Code type savoir-faire|Code savoir-faire|Libellé savoir-faire|' +
    'Code mode exercice|Numéro SIRET site|Numéro FINESS site|' +
    'Identifiant technique de la structure|Raison sociale site|' +
    'Numéro Voie (coord. structure)|Code type de voie (coord. structure)|Libellé Voie (coord. structure)|' +
    'Bureau cedex (coord. structure)|Code postal (coord. structure)|Code commune (coord. structure)|';
  const line = (rpps: string, skill: string, structureId: string, family = 'DUPONT'): string =>
    `8|${rpps}|8${rpps}|DR|${family}|Zoé|10|Médecin|S|${skill}|x|L|33417374840002|250000001|${structureId}|CABINET D|` +
    '3|R|DU PONT|25300 DOUBS||25204|';

  it('make one person of several lines, with structure, place, role and specialties', async () => {
    const report = await load(
      [HEADER, line('10000000303', 'SM26', 'T1'), line('10000000303', 'SM54', 'T1'), ''].join('\n'),
    );
    expect(countsOf(report)).toEqual({
      Practitioner: [1, 0, 0],
      Organization: [1, 0, 0],
      Location: [1, 0, 0],
      PractitionerRole: [1, 0, 0],
    });
    const found = await get(
      'PractitionerRole?role=10&specialty=SM26&address=doubs&practitioner.identifier=10000000303',
    );
    expect(found.entry[0].resource.specialty).toHaveLength(2);
    const place = await get('Location/lieu-structure-T1');
    expect(place.address).toMatchObject({ line: ['3 Rue DU PONT'], city: 'DOUBS', postalCode: '25300' });
  });

  it('write the structure of several people once, with what any of its lines has changed', async () => {
    const lines = ['10000000401', '10000000402', '10000000403'].map((rpps) =>
      line(rpps, 'SM54', 'T4', 'MOREL').replace('33417374840002|250000001', '44417374840004|250000004'),
    );
    const heard: number[] = [];
    const first = await load([HEADER, ...lines].join('\n'), { size: 100, heard });
    expect([countsOf(first), heard]).toEqual([
      { Practitioner: [3, 0, 0], Organization: [1, 0, 0], Location: [1, 0, 0], PractitionerRole: [3, 0, 0] },
      [8],
    ]);
    const moved = lines.map((text) => text.replace('CABINET D', 'CABINET E'));
    const second = await load([HEADER, ...moved].join('\n'), { size: 100, heard });
    expect(countsOf(second)).toMatchObject({ Organization: [0, 1, 0], PractitionerRole: [0, 0, 3] });
    expect((await get('Organization/structure-T4')).name).toBe('CABINET E');
    expect((await get('Organization/structure-T4')).meta.versionId).toBe('2');
  });

  it('spelt otherwise are read alike, and a file of skills brings the specialties alone', async () => {
    const spelt = HEADER.replaceAll('é', 'e')
      .toUpperCase()
      .replace('|CODE TYPE SAVOIR-FAIRE|CODE SAVOIR-FAIRE|LIBELLE SAVOIR-FAIRE', '');
    const values = line('10000000303', 'SM26', 'T1', 'DURAND').split('|');
    values.splice(8, 3);
    const report = await load([`\uFEFF${spelt}`, values.join('|')].join('\n'));
    expect(countsOf(report)).toMatchObject({ Practitioner: [0, 1, 0], PractitionerRole: [0, 0, 1] });
    expect((await get('PractitionerRole?specialty=SM26&practitioner.name=durand')).total).toBe(1);
    const skills =
      'Identification nationale PP|Nom d’exercice|Prénom d’exercice|Code profession|' +
      'Code type savoir-faire|Code savoir-faire|';
    await load(`${skills.replaceAll('’', "'")}\n810000000303|DURAND|Zoé|10|S|SM11|`);
    expect((await get('PractitionerRole?specialty=SM11&role=10&practitioner.name=durand')).total).toBe(1);
    expect((await get('PractitionerRole?specialty=SM26')).total).toBe(0);
  });

  it('and FHIR speak of one person and one structure by their national numbers', async () => {
    await load(
      ndjson(
        person('003-3', '10000000303'),
        structure('org8', { identifier: [{ system: 'urn:oid:1.2.250.1.71.4.2.2', value: '1250000001' }] }),
      ),
    );
    expect((await get('Practitioner?identifier=10000000303')).total).toBe(1);
    expect((await get('Organization?identifier=urn:oid:1.2.250.1.71.4.2.2|1250000001')).total).toBe(1);
  });
});
