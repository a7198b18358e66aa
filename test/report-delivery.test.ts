/** INT_R03: each report is delivered once and in order, whatever the platform does, and over mutual TLS. */
import { describe, expect, it } from 'vitest';
import { DAY, makeCertificate } from '../src/runtime/tls/pki.ts';
import type { TestServer } from './harness.ts';
import { type BadDay, eventually, startReceiver } from './receiver.ts';
import { useReporting } from './reporting.ts';
import { testPki, within10s } from './tls.ts';

const reporting = useReporting();

describe('a platform that', () => {
  const text =
    (status: number, body: string, type = 'text/html'): BadDay =>
    (response) => {
      response.writeHead(status, { 'content-type': type });
      response.end(body);
    };
  const days: [string, BadDay, number?][] = [
    ['answers rubbish', (response) => void response.socket!.end('\x16\x03not HTTP at all\r\n\r\n')],
    ['answers 200 with a page of a proxy', text(200, '<html>Connexion</html>')],
    ['answers 200 with JSON that is no appointment', text(200, '{"ok":true}', 'application/json')],
    ['hangs', () => {}, 1],
    [
      'hangs in the middle of its answer',
      (response) => void response.writeHead(200, { 'content-length': '1000' }).write('{"resource'),
      1,
    ],
    ['closes before it answers', (response) => void response.socket!.destroy()],
    [
      'closes half-way',
      (response) => {
        response.writeHead(201, { 'content-length': '1000', location: 'x' });
        response.write('{"resourceType"');
        setTimeout(() => response.socket?.destroy(), 20);
      },
    ],
    [
      'has it, and loses the answer',
      (response, keep) => {
        keep();
        response.socket!.destroy();
      },
    ],
    ['answers 500', text(500, 'oops')],
    [
      'answers 503 with an outcome',
      text(
        503,
        '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"transient"}]}',
        'application/fhir+json',
      ),
    ],
    ['sends elsewhere', text(302, '')],
    ['says not now', text(429, '')],
  ];

  it.each(days)(
    '%s gets a second try by a conditional PUT, and holds the appointment once',
    async (_name, day, times = 2) => {
      reporting.receiver.bad.push(...Array.from({ length: times }, () => day));
      const made = await reporting.write('POST', 'Appointment', await reporting.booking('quota-cabinet', 0));
      await reporting.write('PUT', `Appointment/${made.id}`, { ...made, status: 'cancelled' });
      await reporting.settled();
      expect(reporting.receiver.records.map((record) => [record.identifier[0].value, record.status])).toEqual([
        [made.identifier[0].value, 'cancelled'],
      ]);
      expect(reporting.receiver.heard.map(({ method, body }) => [method, body.status])).toEqual([
        ['POST', 'booked'],
        ...Array.from({ length: times }, () => ['PUT', 'booked']),
        ['PUT', 'cancelled'],
      ]);
    },
  );

  it('refuses a report does not delay others; the refusal is shown and can be tried again', async () => {
    const outcome = {
      resourceType: 'OperationOutcome',
      issue: [
        {
          severity: 'error',
          code: 'not-found',
          diagnostics: 'Unknown regulator',
          expression: ['Appointment.extension'],
        },
      ],
    };
    reporting.receiver.bad.push(text(422, JSON.stringify(outcome), 'application/fhir+json'));
    await reporting.write('POST', 'Appointment', await reporting.booking('quota-cabinet', 0));
    const shown = await eventually(
      () => reporting.test.request('GET', '$outbox?destination=sas-platform&state=failed'),
      ({ text: found }) => found.includes('refused'),
    );
    expect(shown.text).toContain('refused: 422: not-found — Unknown regulator — Appointment.extension');
    await reporting.write('POST', 'Appointment', await reporting.booking('quota-cabinet', 0));
    await reporting.reported(1);
    await reporting.test.request('POST', '$outbox-retry', {
      resourceType: 'Parameters',
      parameter: [{ name: 'destination', valueString: 'sas-platform' }],
    });
    await reporting.reported(2);
    expect(reporting.receiver.heard.map(({ method }) => method)).toEqual(['POST', 'POST', 'PUT']);
  });

  it('refused the first report and took a later one never gets the older one again', async () => {
    reporting.receiver.bad.push(text(422, ''));
    const made = await reporting.write('POST', 'Appointment', await reporting.booking('quota-cabinet', 0));
    await eventually(
      () => reporting.outbox.list({ state: 'failed' }),
      (all) => all.length === 1,
    );
    await reporting.write('PUT', `Appointment/${made.id}`, { ...made, status: 'cancelled' });
    await reporting.reported(1);
    await reporting.outbox.replay('sas-platform');
    await reporting.settled();
    expect(reporting.receiver.records.map((record) => record.status)).toEqual(['cancelled']);
    expect((await reporting.outbox.list({ state: 'failed' })).map(({ lastError }) => lastError)).toEqual([
      'the platform has a later report of this appointment',
    ]);
  });

  it('has the appointment already is sent an update', async () => {
    reporting.receiver.bad.push(
      text(
        422,
        '{"resourceType":"OperationOutcome","issue":[{"severity":"error","code":"duplicate"}]}',
        'application/fhir+json',
      ),
    );
    await reporting.write('POST', 'Appointment', await reporting.booking('quota-cabinet', 0));
    await reporting.settled();
    expect(reporting.receiver.heard.map(({ method }) => method)).toEqual(['POST', 'PUT']);
    expect(reporting.receiver.records).toHaveLength(1);
  });
});

it('mutual TLS uses the certificate on the disk: renewed without a restart, ignored when half written', async () => {
  const pki = await testPki();
  const secure = await startReceiver({
    cert: pki.read('server.pem'),
    key: pki.read('server.key'),
    ca: pki.read('ca.pem'),
    requestCert: true,
    rejectUnauthorized: true,
  });
  const log = { ...reporting.test.server.log, warn: () => {}, error: () => {} } as TestServer['server']['log'];
  await reporting.sendTo(
    {
      url: secure.url,
      certificate: pki.at('editor.pem'),
      key: pki.at('editor.key'),
      authorities: pki.at('ca.pem'),
    },
    { log },
  );
  const client = async (): Promise<string | undefined> => {
    const before = secure.heard.length;
    const { id } = await reporting.write('POST', 'Appointment', await reporting.booking('quota-cabinet', 0));
    await eventually(
      () => secure.heard.length,
      (count) => count > before,
    );
    await reporting.test.request('DELETE', `Appointment/${id}`);
    return secure.heard.at(-1)!.client;
  };
  try {
    expect(await client()).toBe('editor.creneau.test');
    const next = await makeCertificate(
      pki.intermediate,
      { commonName: 'renewed.creneau.test', organizationalUnits: ['1990000001'] },
      { from: Date.now() - DAY, to: Date.now() + DAY },
    );
    pki.write({ 'editor.pem': next.certificate });
    // Long enough for the sender to look at the half-written pair.
    await new Promise((resolve) => setTimeout(resolve, 3000));
    expect(await client()).toBe('editor.creneau.test');
    pki.write({ 'editor.key': next.key });
    expect(await within10s(client, (name) => name === 'renewed.creneau.test')).toBe('renewed.creneau.test');
    await reporting.settled();
  } finally {
    await secure.close();
    pki.remove();
  }
});
