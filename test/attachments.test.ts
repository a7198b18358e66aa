/** Attachments of an appointment: who reads them, how they leave, how many and how large, how they are erased. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { checkDatabase } from '../src/store/check/check-database.ts';
import { call, type Reply } from './harness.ts';
import { startTeam, type Team } from './team.ts';

const PDF = Buffer.from('%PDF-1.7 une ordonnance');
const PNG = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 1]);
const MAX_ATTACHED = 3;

let team: Team;
/** Ids of appointments: of the practitioner `quota`, and of the colleague. */
let own: string;
let other: string;
beforeAll(async () => {
  team = await startTeam({ maxAttachments: MAX_ATTACHED, maxAttachmentBytes: 2000 });
  own = await booked('quota-cabinet', '25');
  other = await booked('petit-cabinet', '25');
});
afterAll(() => team.test.close());

async function booked(schedule: string, day: string): Promise<string> {
  const { status, json } = await ask('POST', 'Appointment', team.appointment(schedule, day));
  expect(status, JSON.stringify(json)).toBe(201);
  return json.id;
}

/** By a program. */
const ask = (method: string, path: string, body?: Json, headers?: Record<string, string>): Promise<Reply> =>
  team.test.request(method, path, body, headers);
const binary = (appointment: string, octets = PDF, contentType = 'application/pdf'): Json => ({
  ...{ resourceType: 'Binary', contentType, data: octets.toString('base64') },
  securityContext: { reference: `Appointment/${appointment}` },
});
const document = (appointment: string, url: string, more: Json = {}): Json => ({
  ...{ resourceType: 'DocumentReference', status: 'current', content: [{ attachment: { url } }] },
  context: { related: [{ reference: `Appointment/${appointment}` }] },
  ...more,
});

/** A document with its file. */
async function attach(appointment: string, more: Json = {}): Promise<{ file: string; paper: string }> {
  const file = `Binary/${(await ask('POST', 'Binary', binary(appointment))).json.id}`;
  const { status, json } = await ask('POST', 'DocumentReference', document(appointment, file, more));
  expect(status, JSON.stringify(json)).toBe(201);
  return { file, paper: `DocumentReference/${json.id}` };
}
const gone = async (...references: string[]): Promise<void> => {
  for (const reference of references) await ask('DELETE', reference);
};

describe('a file', () => {
  it('leaves as it is unless FHIR is asked for, never to be shown in a page', async () => {
    const made = await ask('POST', 'Binary', binary(own));
    expect([made.status, made.headers['location']]).toEqual([201, `${team.test.base}/Binary/${made.json.id}`]);
    const path = `Binary/${made.json.id}`;
    for (const accept of ['application/pdf', '*/*', 'application/*, text/html;q=0.5']) {
      const raw = await ask('GET', path, undefined, { accept });
      expect([raw.status, raw.headers['content-type'], raw.text]).toEqual([200, 'application/pdf', PDF.toString()]);
      expect(raw.headers).toMatchObject({
        'content-disposition': `attachment; filename="${made.json.id}.pdf"`,
        'x-content-type-options': 'nosniff',
        'content-security-policy': "sandbox; default-src 'none'",
        'x-security-context': `Appointment/${own}`,
        'cache-control': 'no-store',
        etag: 'W/"1"',
      });
    }
    const json = await ask('GET', path, undefined, { accept: 'application/fhir+json' });
    expect([json.json.data, json.json.contentType]).toEqual([PDF.toString('base64'), 'application/pdf']);
    const xml = await ask('GET', path, undefined, { accept: 'application/fhir+xml' });
    expect(xml.text).toContain(`<data value="${PDF.toString('base64')}"/>`);
    expect((await ask('GET', `${path}?_format=json`, undefined, { accept: 'application/pdf' })).json.id).toBe(
      made.json.id,
    );
    expect((await ask('GET', path, undefined, { accept: 'image/png' })).status).toBe(406);
    expect((await ask('GET', path, undefined, { accept: 'image/png', 'if-none-match': 'W/"1"' })).status).toBe(304);
    const entry = [{ request: { method: 'GET', url: path } }];
    const batch = await ask('POST', '', { resourceType: 'Bundle', type: 'batch', entry });
    expect(batch.json.entry[0].resource.data).toBe(PDF.toString('base64'));
    await gone(path);
  });

  it('arrives as it is, with its appointment in a header', async () => {
    const context = { 'x-security-context': `Appointment/${own}` };
    const post = (body: Buffer, type: string, headers: Record<string, string> = context): Promise<Reply> =>
      ask('POST', 'Binary', body, { 'content-type': type, ...headers });
    const made = await post(PNG, 'image/png');
    expect([made.status, made.json?.contentType]).toEqual([201, 'image/png']);
    const replaced = await ask('PUT', `Binary/${made.json.id}`, Buffer.from('à jeun'), {
      ...context,
      'content-type': 'text/plain; charset=utf-8',
    });
    expect(replaced.status).toBe(200);
    const read = await ask('GET', `Binary/${made.json.id}`, undefined, { accept: 'text/plain' });
    expect([read.text, read.headers['content-type'], read.headers['etag']]).toEqual([
      'à jeun',
      'text/plain; charset=utf-8',
      'W/"2"',
    ]);
    expect((await post(PNG, 'image/png', {})).json.issue[0].expression).toEqual(['Binary.securityContext']);
    await gone(`Binary/${made.json.id}`);
  });

  const REFUSED: readonly [string, () => Json, number, string][] = [
    ['a type outside of the list', () => binary(own, PDF, 'text/html'), 422, 'not-supported'],
    ['a type with parameters', () => binary(own, PDF, 'application/pdf; name="x"'), 422, 'not-supported'],
    ['a page that calls itself PDF', () => binary(own, Buffer.from('<script>'), 'application/pdf'), 422, 'value'],
    ['text that is not UTF-8', () => binary(own, Buffer.from([0x80]), 'text/plain'), 422, 'value'],
    ['too many octets', () => binary(own, Buffer.concat([PDF, Buffer.alloc(2000)])), 413, 'too-long'],
    ['no octets', () => binary(own, Buffer.alloc(0)), 400, 'structure'],
    ['no appointment', () => ({ ...binary(own), securityContext: undefined }), 400, 'required'],
    ['another context', () => ({ ...binary(own), securityContext: { reference: 'Patient/alice' } }), 400, 'required'],
    ['an appointment that is not there', () => binary('nowhere'), 422, 'not-found'],
  ];
  it.each(REFUSED)('is refused with %s', async (_what, body, status, code) => {
    const { json, ...reply } = await ask('POST', 'Binary', body());
    expect([reply.status, json.issue[0].code, json.issue[0].details.text !== undefined]).toEqual([status, code, true]);
  });

  it('belongs to one appointment for good, and is in no search, include, history or export', async () => {
    const { file, paper } = await attach(own);
    const moved = await ask('PUT', file, { ...binary(other), id: file.slice(7) });
    expect([moved.status, moved.json.issue[0].code]).toEqual([422, 'business-rule']);
    for (const path of ['Binary', 'Binary?_id=x', `${file}/_history`, `${file}/_history/1`, 'Binary/_history'])
      expect([path, (await ask('GET', path)).status]).toEqual([path, 405]);
    const { json } = await ask('GET', `Appointment/${own}`);
    const withFile = { ...json, supportingInformation: [{ reference: file }, { reference: paper }] };
    expect((await ask('PUT', `Appointment/${own}`, withFile)).status).toBe(200);
    expect((await ask('GET', `Appointment?supporting-info=${paper}`)).json.total).toBe(1);
    const all = await ask('GET', `Appointment?_id=${own}&_include=*&_revinclude=*`);
    const types = new Set(all.json.entry.map((entry: Json) => entry.resource.resourceType));
    expect([types.has('Binary'), types.has('DocumentReference')]).toEqual([false, true]);
    const history = await ask('GET', '_history?_count=5000');
    const shown = history.json.entry.filter((entry: Json) => entry.fullUrl?.endsWith(file));
    expect([shown.length, shown[0].resource.data]).toEqual([1, undefined]);
    expect((await ask('GET', '$export?_type=Binary')).status).toBe(400);
    await ask('PUT', `Appointment/${own}`, json);
    await gone(paper);
  });
});

describe('a document', () => {
  it('says type and size of its file, is found by its appointment, and takes its file with it', async () => {
    const { file, paper } = await attach(own, { subject: { reference: 'Patient/alice' } });
    const found = await ask('GET', `DocumentReference?related=Appointment/${own}&contenttype=application/pdf`);
    expect(found.json.entry.map((entry: Json) => entry.resource.content[0].attachment)).toEqual([
      { url: file, contentType: 'application/pdf', size: PDF.length },
    ]);
    expect((await ask('GET', 'Patient/alice/DocumentReference')).json.total).toBe(1);
    const next = `Binary/${(await ask('POST', 'Binary', binary(own, PNG, 'image/png'))).json.id}`;
    const put = await ask('PUT', paper, { ...document(own, `${team.test.base}/${next}`), id: paper.split('/')[1] });
    expect([put.status, put.json.content[0].attachment.url]).toEqual([200, next]);
    expect([(await ask('GET', file)).status, (await ask('GET', next)).status]).toEqual([410, 200]);
    await gone(paper);
    expect((await ask('GET', next)).status).toBe(410);
  });

  it('is refused with content of its own, a file of another appointment, or another patient', async () => {
    const file = `Binary/${(await ask('POST', 'Binary', binary(other))).json.id}`;
    const related = [own, other].map((id) => ({ reference: `Appointment/${id}` }));
    const refused: [Json, number][] = [
      [document(own, '', { content: [{ attachment: { data: 'QQ==' } }] }), 422],
      [document(own, file), 422],
      [document(own, 'Binary/nowhere'), 422],
      [document(own, 'http://elsewhere.example/x.pdf'), 422],
      [document(other, file, { subject: { reference: 'Patient/bob' } }), 422],
      [document(other, file, { content: [{ attachment: { url: file, contentType: 'image/png' } }] }), 422],
      [document(other, file, { context: { related } }), 400],
      [document(other, file, { context: undefined }), 400],
    ];
    await team.put({ resourceType: 'Patient', id: 'bob' });
    const statuses = [];
    for (const [body] of refused) statuses.push((await ask('POST', 'DocumentReference', body)).status);
    expect(statuses).toEqual(refused.map(([, status]) => status));
    await gone(file);
  });

  it('comes with appointment and file in one transaction', async () => {
    const [visit, file, paper] = [1, 2, 3].map((n) => `urn:uuid:00000000-0000-4000-8000-00000000000${n}`);
    const appointment = {
      ...team.appointment('quota-cabinet', '26'),
      supportingInformation: [{ reference: paper }],
    };
    const entry = [
      [paper, document('x', file!, { context: { related: [{ reference: visit }] } })],
      [file, { ...binary(own), securityContext: { reference: visit } }],
      [visit, appointment],
    ].map(([fullUrl, resource]: Json[]) => ({
      ...{ fullUrl, resource },
      request: { method: 'POST', url: resource.resourceType },
    }));
    const { status, json } = await ask('POST', '', { resourceType: 'Bundle', type: 'transaction', entry });
    expect(status, JSON.stringify(json)).toBe(200);
    const [written, , visited] = json.entry.map((answer: Json) => answer.resource);
    expect(written.content[0].attachment).toEqual({
      ...{ url: expect.stringMatching(/^Binary\//), contentType: 'application/pdf', size: PDF.length },
    });
    await gone(`Appointment/${visited.id}`);
    expect((await ask('GET', `DocumentReference/${written.id}`)).status).toBe(410);
  });
});

describe('people', () => {
  it('attach to appointments of their agendas, and learn of no other attachment', async () => {
    const mine = await attach(own);
    const theirs = await attach(other);
    const erased = await attach(other);
    await gone(erased.paper);
    const nowhere = { file: 'Binary/nowhere', paper: 'DocumentReference/nowhere' };
    for (const role of ['practitioner', 'secretary']) {
      const as = (method: string, path: string, body?: Json) => team.as(role, method, path, body);
      expect((await as('GET', mine.paper)).status).toBe(200);
      expect((await as('GET', `${mine.file}?_format=json`)).json.data).toBe(PDF.toString('base64'));
      const found = await as('GET', `DocumentReference?related=Appointment/${own},Appointment/${other}`);
      expect([found.json.total, found.json.entry[0].resource.id]).toEqual([1, mine.paper.split('/')[1]]);
      const tries = ({ file, paper }: typeof mine): readonly [string, string, Json?][] => [
        ['GET', file],
        ['GET', `${file}?_format=json`],
        ['PUT', file, { ...binary(own), id: file.split('/')[1] }],
        ['DELETE', file],
        ['GET', paper],
        ['GET', `${paper}/_history`],
        ['GET', `${paper}/_history/1`],
        ['PUT', paper, { ...document(own, 'https://x.example/a'), id: paper.split('/')[1] }],
        ['PATCH', paper, { resourceType: 'Parameters' }],
        ['DELETE', paper],
        [
          'PUT',
          `Appointment/${own}`,
          { ...team.appointment('quota-cabinet', '25'), id: own, supportingInformation: [{ reference: paper }] },
        ],
      ];
      const answers = async (attachment: typeof mine): Promise<Json[]> => {
        const replies = [];
        for (const [method, path, body] of tries(attachment)) {
          const { status, json } = await as(method, path, body);
          const [, id] = attachment.file.split('/');
          const [, other] = attachment.paper.split('/');
          const text = JSON.stringify(json?.issue ?? '');
          replies.push([method, path.split('/')[0], status, text.replaceAll(id!, 'ID').replaceAll(other!, 'ID')]);
        }
        return replies;
      };
      const missing = await answers(nowhere);
      expect(missing.map(([, , status]) => status)).toEqual([...Array(10).fill(404), 422]);
      expect(await answers(theirs)).toEqual(missing);
      expect(await answers(erased)).toEqual(missing);
      expect((await as('POST', 'Binary', binary(other))).status).toBe(403);
      const made = await as('POST', 'Binary', binary(own));
      const paper = await as('POST', 'DocumentReference', document(own, `Binary/${made.json.id}`));
      expect([made.status, paper.status]).toEqual([201, 201]);
      expect((await as('DELETE', `DocumentReference/${paper.json.id}`)).status).toBe(204);
    }
    for (const role of ['regulator', 'operator'])
      expect((await team.as(role, 'GET', mine.file)).status, role).toBe(403);
    await gone(mine.paper, theirs.paper);
  });

  it('a reader of a file is in the audit trail, with its appointment', async () => {
    const { file, paper } = await attach(own);
    await team.as('practitioner', 'GET', file);
    await team.test.server.audit.spool.flush();
    const { json } = await ask('GET', `AuditEvent?entity=${file}&action=R`);
    const entities = json.entry[0].resource.entity.map((entity: Json) => entity.what.reference);
    expect(entities).toEqual(expect.arrayContaining([file, `Appointment/${own}`]));
    await gone(paper);
  });
});

describe('an appointment', () => {
  it('has so many attachments at most, also when they come at once', async () => {
    const visit = await booked('quota-cabinet', '26');
    const replies = await Promise.all(Array.from({ length: 8 }, () => ask('POST', 'Binary', binary(visit))));
    expect(replies.map(({ status }) => status).sort()).toEqual([
      ...Array(MAX_ATTACHED).fill(201),
      ...Array(8 - MAX_ATTACHED).fill(422),
    ]);
    const papers = await Promise.all(
      Array.from({ length: 8 }, () => ask('POST', 'DocumentReference', document(visit, 'https://x.example/a.pdf'))),
    );
    expect(papers.filter(({ status }) => status === 201).length).toBe(MAX_ATTACHED);
    await gone(`Appointment/${visit}`);
  });

  it('takes its attachments with it: octets are erased, and what is added at that moment does not stay', async () => {
    const visit = await booked('quota-cabinet', '26');
    const { file, paper } = await attach(visit);
    const late = Array.from({ length: MAX_ATTACHED - 1 }, () => ask('POST', 'Binary', binary(visit)));
    const [removed] = await Promise.all([ask('DELETE', `Appointment/${visit}`), ...late]);
    expect(removed.status).toBe(204);
    expect([(await ask('GET', file)).status, (await ask('GET', paper)).status]).toEqual([410, 410]);
    expect(await team.test.sql('SELECT 1 FROM binary_content WHERE appointment = $1', [visit])).toEqual([]);
    const octets = await team.test.sql(`SELECT 1 FROM history WHERE type = 'Binary' AND body LIKE '%"data"%'`);
    expect(octets).toEqual([]);
    expect(await checkDatabase(team.test.server.database)).toEqual([]);
  });
});

it('the pages of the platform and the SAS face have no attachments', async () => {
  for (const type of ['Binary', 'DocumentReference'])
    expect((await call(`${team.url}/sas/${type}/x`, 'GET')).status).toBe(404);
});
