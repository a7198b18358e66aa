/**
 * The whole chain with real processes, each behind mutual TLS: a platform, two editors (agenda servers), RabbitMQ, the
 * Hub, a LRM. A regulator searches on the
 * platform and books at the editors; the appointments appear on the platform, the LRM has them and acknowledges; one is
 * moved, one is cancelled; all three agree.
 */
import { writeFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readJournal } from '../src/cli/commands/lrm.ts';
import type { Json } from '../src/fhir/resource.ts';
import { DAY, makeCertificate } from '../src/runtime/tls/pki.ts';
import { hubLayout } from '../src/sas/hub/dispatch.ts';
import { openBroker } from '../src/sas/hub/amqp.ts';
import { LrmState } from '../src/sas/hub/lrm.ts';
import { formatInstant } from '../src/scheduling/zone.ts';
import { account, AMQP, brokerAt, randomNames, silent, until } from './amqp.ts';
import { freshDatabase } from './harness.ts';
import { type CommandProcess, type ServerProcess, startCommand, startProcess } from './process.ts';
import { type Client, client, type TestPki, testPki } from './tls.ts';

const REGULATOR = '3456780581/11242343';
const EDITORS = [
  {
    id: 'editor-a',
    system: 'urn:oid:1.2.250.1.999.1',
    doctor: { rpps: '810000000011', family: 'Thomas', given: 'Anne' },
  },
  {
    id: 'editor-b',
    system: 'urn:oid:1.2.250.1.999.2',
    doctor: { rpps: '810000000022', family: 'Petit', given: 'Luc' },
  },
] as const;
const IDNPS = 'urn:oid:1.2.250.1.71.4.2.1';
const names = randomNames();

/** 09:00 tomorrow in Paris; the day is open from 09:00 to 11:00. */
const tomorrow = formatInstant(Date.now() + DAY, 'Europe/Paris', true);
const at = (time: string): string => `${tomorrow.slice(0, 10)}T${time}:00${tomorrow.slice(-6)}`;

describe.skipIf(AMQP === undefined)('the whole chain', () => {
  let pki: TestPki;
  const running: CommandProcess[] = [];
  const clients: Client[] = [];
  const databases: Awaited<ReturnType<typeof freshDatabase>>[] = [];
  let platform: Client;
  let editors: Client[];

  beforeAll(async () => {
    pki = await testPki();
    const callers = JSON.parse(pki.read('callers.json'));
    for (const { id } of EDITORS) {
      const { certificate, key } = await makeCertificate(
        pki.intermediate,
        { commonName: `${id}.creneau.test`, organizationalUnits: ['1990000001'] },
        { from: Date.now() - DAY, to: Date.now() + DAY },
      );
      pki.write({ [`${id}.pem`]: certificate, [`${id}.key`]: key });
      callers.callers.push({
        name: id,
        commonName: `${id}.creneau.test`,
        organizationalUnit: '1990000001',
        roles: ['editor'],
      });
    }
    pki.write({
      'callers.json': JSON.stringify(callers),
      'partners.json': '{"partners":[]}',
      'samu.json': JSON.stringify({ default: names.samu }),
    });
    const start = async (args: string[]): Promise<ServerProcess> => {
      const listening = [
        '--auth',
        'mtls',
        '--callers',
        pki.at('callers.json'),
        '--tls-cert',
        pki.at('server.pem'),
        '--tls-key',
        pki.at('server.key'),
        '--tls-client-ca',
        pki.at('ca.pem'),
        '--tls-crl',
        pki.at('ca-root.crl'),
        '--tls-crl',
        pki.at('ca-clients.crl'),
      ];
      const database = await freshDatabase(process.env['CRENEAU_TEST_POSTGRES'] ?? 'embedded');
      databases.push(database);
      const child = await startProcess(
        [...args, ...listening, '--data', 'memory:', '--log-level', 'error'],
        database.url === undefined ? {} : { DATABASE_URL: database.url },
      );
      running.push(child);
      return child;
    };
    const broker = ['--amqp-url', AMQP!, '--hub-exchange', names.exchange, '--log-level', 'error'];
    running.push(await startCommand(['hub', names.platform, names.samu, ...broker], /Hub Santé/));
    running.push(await startCommand(['lrm', names.samu, '--lrm-journal', pki.at('lrm.ndjson'), ...broker], /LRM/));
    const server = await start([
      'platform',
      '--partners',
      pki.at('partners.json'),
      '--partner-cert',
      pki.at('sas-platform.pem'),
      '--partner-key',
      pki.at('sas-platform.key'),
      '--partner-ca',
      pki.at('ca.pem'),
      '--samu',
      pki.at('samu.json'),
      '--hub-client-id',
      names.platform,
      ...broker.slice(0, 4),
    ]);
    const agendas = await Promise.all(
      EDITORS.map(({ id, system }) =>
        start([
          'agenda',
          '--editor-system',
          system,
          '--sas-platform-url',
          `${server.url}/fhir`,
          '--sas-client-cert',
          pki.at(`${id}.pem`),
          '--sas-client-key',
          pki.at(`${id}.key`),
          '--sas-ca',
          pki.at('ca.pem'),
        ]),
      ),
    );
    const open = ({ url }: ServerProcess): Client => client({ server: { url } } as never, pki, 'good');
    platform = open(server);
    editors = agendas.map(open);
    clients.push(platform, ...editors);
    writeFileSync(
      pki.at('partners.json'),
      JSON.stringify({
        partners: EDITORS.map(({ id }, i) => ({
          id,
          name: `Éditeur ${id}`,
          url: `${agendas[i]!.url}/sas`,
          kinds: ['PS'],
        })),
      }),
    );
    for (const [i, { doctor }] of EDITORS.entries())
      for (const resource of agendaOf(doctor))
        await send(editors[i]!, 'PUT', `/fhir/${resource.resourceType}/${resource.id}`, resource);
  });

  afterAll(async () => {
    await Promise.all(clients.map((client) => client.close()));
    await Promise.all(running.map((child) => child.kill('SIGTERM')));
    await Promise.all(databases.map((database) => database.drop()));
    if (AMQP !== undefined) {
      const broker = openBroker(brokerAt(AMQP), silent);
      await broker.ready();
      await broker.remove(hubLayout(names.exchange, [names.platform, names.samu]));
      await broker.close();
    }
    pki.remove();
  });

  const send = async (to: Client, method: string, path: string, body?: Json): Promise<Json> => {
    const reply = await to.call(method, path, body === undefined ? undefined : JSON.stringify(body), {});
    expect(reply.status, `${method} ${path}: ${reply.text.slice(0, 1000)}`).toBeLessThan(300);
    return reply.json;
  };
  const lrm = (): ReadonlyMap<string, Json> => new LrmState(readJournal(pki.at('lrm.ndjson'))).appointments;
  const onPlatform = async (identifier: Json): Promise<Json> =>
    (
      await send(
        platform,
        'GET',
        `/fhir/Appointment?identifier=${encodeURIComponent(`${identifier.system}|${identifier.value}`)}`,
      )
    ).entry?.[0]?.resource;

  it('search, book as a regulator, move, cancel: the editors, the platform and the LRM agree', {
    timeout: 120_000,
  }, async () => {
    // The platform's regulator is announced to both editors when she logs in (INT_R02).
    const regulator = await send(platform, 'POST', '/fhir/Practitioner', account(REGULATOR));
    await until(
      'both partners are asked',
      async () => (await send(platform, 'GET', '/fhir/$partners')).parameter?.length >= EDITORS.length,
    );
    await send(platform, 'POST', `/fhir/Practitioner/${regulator.id}/$announce`);
    await until('both editors know the regulator', async () => {
      const { parameter = [] } = await send(platform, 'GET', `/fhir/Practitioner/${regulator.id}/$partners`);
      return (
        parameter.filter((parameter: Json) => parameter.part.some((part: Json) => part.valueCode === 'current'))
          .length === EDITORS.length
      );
    });

    // One search over both (INT_R01).
    const who = EDITORS.map(({ doctor }) => `${IDNPS}%7C${doctor.rpps}`).join(',');
    const search =
      `/fhir/Slot?status=free&start=ge${at('09:00').slice(0, 19)}&start=le` +
      `${at('11:00').slice(0, 19)}&schedule.actor:Practitioner.identifier=${who}`;
    const found = await send(platform, 'GET', `${search}&_include=Slot:schedule&_include:iterate=Schedule:actor`);
    const slots = found.entry.filter(({ resource }: Json) => resource.resourceType === 'Slot');
    expect(new Set(slots.map(({ resource }: Json) => resource.id.split('.')[0]))).toEqual(
      new Set(EDITORS.map(({ id }) => id)),
    );

    // She books one at each editor, in their own tools.
    const booked: Json[] = [];
    for (const [i] of EDITORS.entries()) {
      const own = await send(editors[i]!, 'GET', `/fhir/Slot?status=free&start=${encodeURIComponent(at(`09:${i}0`))}`);
      const operator = [
        {
          url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-appointment-operator',
          valueReference: { identifier: { system: IDNPS, value: REGULATOR } },
        },
      ];
      const [{ resource: slot }] = own.entry;
      booked.push(
        await send(editors[i]!, 'POST', '/fhir/Appointment', {
          resourceType: 'Appointment',
          extension: operator,
          status: 'booked',
          slot: [{ reference: `Slot/${slot.id}` }],
          participant: [{ actor: { reference: 'Patient/alice' }, status: 'accepted' }],
        }),
      );
    }
    const identifiers = booked.map((resource, i) =>
      resource.identifier.find((identifier: Json) => identifier.system === EDITORS[i]!.system),
    );

    /** Status and start of one appointment as the editor, the platform and the LRM have it. */
    const seen = async (i: number): Promise<unknown[]> => {
      const [editor, central] = await Promise.all([
        send(editors[i]!, 'GET', `/fhir/Appointment/${booked[i].id}`),
        onPlatform(identifiers[i]),
      ]);
      return [editor, central, lrm().get(central?.id)].map((held) => held && [held.status, Date.parse(held.start)]);
    };
    const agree = (what: string, i: number, status: string, start: string): Promise<void> =>
      until(`${what}: all three agree`, async () =>
        (await seen(i)).every((report) => JSON.stringify(report) === JSON.stringify([status, Date.parse(start)])),
      );
    await agree('booked at A', 0, 'booked', at('09:00'));
    await agree('booked at B', 1, 'booked', at('09:10'));

    // The LRM has the names: the doctor's from the search, hers from her account. Of the patient nothing has left.
    for (const [i, { doctor }] of EDITORS.entries()) {
      expect(lrm().get((await onPlatform(identifiers[i])).id)).toMatchObject({
        method: 'CreateAppointment',
        practitioner: {
          rppsId: doctor.rpps,
          lastName: expect.stringMatching(new RegExp(doctor.family, 'i')),
          firstName: doctor.given,
        },
        regulator: {
          regulatorId: REGULATOR,
          regulatorName: 'Durand',
          regulatorFirstname: 'Anne',
          regulatorEmail: 'anne.durand@samu.test',
        },
      });
    }
    expect(JSON.stringify(readJournal(pki.at('lrm.ndjson')))).not.toMatch(/alice|Liddell/i);

    // Moved at A, cancelled at B.
    const later = (await send(editors[0]!, 'GET', `/fhir/Slot?status=free&start=${encodeURIComponent(at('10:00'))}`))
      .entry[0].resource;
    const {
      slot: _,
      start: _start,
      end: _end,
      ...rest
    } = await send(editors[0]!, 'GET', `/fhir/Appointment/${booked[0].id}`);
    await send(editors[0]!, 'PUT', `/fhir/Appointment/${booked[0].id}`, {
      ...rest,
      slot: [{ reference: `Slot/${later.id}` }],
      start: later.start,
      end: later.end,
    });
    await send(editors[1]!, 'PUT', `/fhir/Appointment/${booked[1].id}`, {
      ...(await send(editors[1]!, 'GET', `/fhir/Appointment/${booked[1].id}`)),
      status: 'cancelled',
    });
    await agree('moved at A', 0, 'booked', at('10:00'));
    await agree('cancelled at B', 1, 'cancelled', at('09:10'));

    // Four messages, each acknowledged; the cancelled time is free again.
    await until(
      'all is acknowledged',
      async () =>
        JSON.stringify((await send(platform, 'GET', '/fhir/$hub-messages')).parameter?.[0]) ===
        '{"name":"counts","part":[{"name":"acknowledged","valueInteger":4}]}',
    );
    const again = await send(platform, 'GET', search);
    const starts = again.entry
      .filter(({ resource }: Json) => resource.resourceType === 'Slot')
      .map(({ resource }: Json) => [resource.id.split('.')[0], Date.parse(resource.start)]);
    expect(starts).toContainEqual(['editor-b', Date.parse(at('09:10'))]);
    expect(starts).not.toContainEqual(['editor-a', Date.parse(at('10:00'))]);
  });
});

/** A doctor with an agenda open to the SAS tomorrow, 09:00 to 11:00, ten minutes each; and a patient. */
function agendaOf({ rpps, family, given }: { rpps: string; family: string; given: string }): Json[] {
  return [
    { resourceType: 'Patient', id: 'alice', name: [{ family: 'Liddell', given: ['Alice'] }] },
    {
      resourceType: 'Location',
      id: 'cabinet',
      identifier: [{ system: 'https://editeur.example', value: 'cab-1' }],
      name: 'Cabinet',
      address: { line: ['1 rue du Port'], city: 'VAL', postalCode: '35000' },
      telecom: [{ system: 'phone', value: '02 99 00 00 00' }],
    },
    {
      resourceType: 'Practitioner',
      id: 'doctor',
      identifier: [{ system: IDNPS, value: rpps }],
      name: [{ family, given: [given] }],
    },
    {
      resourceType: 'PractitionerRole',
      id: 'role',
      practitioner: { reference: 'Practitioner/doctor' },
      location: [{ reference: 'Location/cabinet' }],
      telecom: [{ system: 'phone', value: '02 99 12 34 56' }],
    },
    {
      resourceType: 'Schedule',
      id: 'agenda',
      active: true,
      actor: [{ reference: 'Practitioner/doctor' }, { reference: 'PractitionerRole/role' }],
      extension: [
        {
          url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-schedule-availability-time',
          extension: [
            { url: 'identifier', valueIdentifier: { value: 'matin' } },
            { url: 'type', valueCode: 'free' },
            { url: 'start', valueDateTime: at('09:00') },
            { url: 'end', valueDateTime: at('11:00') },
          ],
        },
        {
          url: 'urn:creneau:fhir:slot-offer',
          extension: [
            { url: 'visibility', valueCode: 'PUBLIC' },
            { url: 'mode', valueCode: 'AMB' },
            { url: 'bookingUrl', valueUrl: 'https://agenda.example/rdv' },
          ],
        },
        {
          url: 'https://hl7.fr/ig/fhir/core/StructureDefinition/fr-core-service-type-duration',
          extension: [
            { url: 'serviceType', valueCodeableConcept: { text: 'Consultation' } },
            {
              url: 'duration',
              valueDuration: { value: 10, unit: 'min', system: 'http://unitsofmeasure.org', code: 'min' },
            },
          ],
        },
      ],
    },
  ];
}
