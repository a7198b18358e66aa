/** The choice of a SAMU and its settings file with faults; the routes of the played Hub; the played LRM. */
import { describe, expect, it } from 'vitest';
import { hubLayout, routeOf } from './dispatch.ts';
import { readMessage, writeAck, writeReport } from './envelope.ts';
import { type Attitude, LrmState } from './lrm.ts';
import { readSamuSettings, samuOf, TERRITORY } from './samu.ts';
import type { Practitioner } from '../../fhir/resources.ts';

const SETTINGS = {
  default: 'fr.health.samu750',
  samus: [
    { id: 'fr.health.samu330', territories: ['33'], structures: ['3330000000'] },
    { id: 'fr.health.samu640', territories: ['64', '40'] },
  ],
};

describe('the SAMU of a regulator', () => {
  const settings = readSamuSettings(JSON.stringify(SETTINGS));
  const account = (tag: string | undefined, identifier: string): Practitioner => ({
    resourceType: 'Practitioner',
    meta: tag === undefined ? {} : { tag: [{ system: TERRITORY, code: tag }] },
    identifier: [{ value: identifier }],
  });
  it.each<[string, Practitioner | undefined, string]>([
    ['by territory: client ids are configuration (L10)', account('40', '810000000001'), 'fr.health.samu640'],
    ['by structure', account(undefined, '3330000000/7'), 'fr.health.samu330'],
    ['territory before structure', account('64', '3330000000/7'), 'fr.health.samu640'],
    ['the default for an unknown territory', account('99', '810000000001'), 'fr.health.samu750'],
    ['the default without an account', undefined, 'fr.health.samu750'],
  ])('%s', (_, who, wanted) => expect(samuOf(settings, who)).toBe(wanted));

  it.each<[string, string, RegExp]>([
    ['broken JSON', '{"default":', /not JSON/],
    ['no default', '{}', /^default: /],
    ['a default that is not a client id', '{"default":"SAMU 33"}', /^default: /],
    ['samus that are not a list', '{"default":"fr.health.samu750","samus":{}}', /^samus: /],
    ['a SAMU without an id', '{"default":"fr.health.samu750","samus":[{"territories":["33"]}]}', /^samus\[0\]\.id: /],
    [
      'a territory that is a number',
      '{"default":"fr.health.samu750","samus":[{"id":"fr.health.samu330","territories":[33]}]}',
      /^samus\[0\]\.territories\[0\]: /,
    ],
    [
      'a territory of two SAMUs',
      '{"default":"fr.a.b","samus":[{"id":"fr.health.samu330","territories":["33"]},{"id":"fr.health.samu640","territories":["33"]}]}',
      /^samus\[1\]\.territories\[0\]: "33" .* fr\.health\.samu330/,
    ],
  ])('refuses a settings file with %s, and names the place', (_, text, wanted) =>
    expect(() => readSamuSettings(text)).toThrow(wanted),
  );
});

describe('the played Hub', () => {
  const now = Date.parse('2026-09-04T08:00:00Z');
  const rules = { hubId: 'fr.health.hub', clients: new Set(['ptf.sas', 'samu.330']), now };
  const appointment = {
    appointmentId: 'a',
    method: 'CreateAppointment',
    created: '2026-09-04T10:00:00+02:00',
    start: '2026-09-04T14:00:00+02:00',
    status: 'booked',
    regulator: { regulatorName: 'Régul', regulatorFirstname: 'Jean', regulatorEmail: 'jean@samu.test' },
  };
  const report = (changes: object = {}, payload: object = appointment): string =>
    writeReport(
      {
        distributionId: 'ptf.sas_1',
        sender: 'ptf.sas',
        recipient: 'samu.330',
        kind: 'Report',
        sentAt: now,
        expiresAt: now + 5000,
        ...changes,
      },
      payload,
    );
  it.each<[string, string, string, object]>([
    [
      'a report goes to the recipient, for as long as it lives',
      'ptf.sas',
      report(),
      { queue: 'samu.330.message', ttlMs: 5000 },
    ],
    [
      'an acknowledgement goes to the ack queue',
      'samu.330',
      writeAck(
        {
          distributionId: 'samu.330_1',
          sender: 'samu.330',
          recipient: 'ptf.sas',
          kind: 'Ack',
          sentAt: now,
          expiresAt: now + 5000,
        },
        'ptf.sas_1',
      ),
      { queue: 'ptf.sas.ack', ttlMs: undefined },
    ],
    ['text that is not JSON: 102', 'ptf.sas', 'rubbish', { code: 102, cause: 'it is not JSON', to: 'ptf.sas' }],
    [
      'text that is not JSON from an unknown sender: nobody to tell',
      'who.knows',
      'rubbish',
      { code: 102, cause: 'it is not JSON', to: undefined },
    ],
    [
      'a senderID that is not the publisher: 300',
      'samu.330',
      report(),
      { code: 300, cause: 'senderID is ptf.sas, published by samu.330', to: 'samu.330' },
    ],
    [
      'an unknown recipient: 300',
      'ptf.sas',
      report({ recipient: 'samu.999' }),
      { code: 300, cause: 'no such recipient: samu.999', to: 'ptf.sas' },
    ],
    [
      'an unknown category: 300',
      'ptf.sas',
      report({}, { ...appointment, orientationCategory: 'XX' }),
      {
        code: 300,
        cause:
          '/content/0/jsonContent/embeddedJsonContent/message/appointment/orientationCategory must be equal to one ' +
          'of the allowed values (PS, SOS, PDM, CPTS, CDS, MSP)',
        to: 'ptf.sas',
      },
    ],
    [
      'too late: 400',
      'ptf.sas',
      report({ expiresAt: now }),
      { code: 400, cause: 'dateTimeExpires has passed', to: 'ptf.sas' },
    ],
  ])('%s', (_, key, text, wanted) => expect(routeOf(rules, key, readMessage(text))).toEqual(wanted));

  it('declares three queues for each client, and a queue for expired messages', () => {
    expect(hubLayout('x', ['ptf.sas']).queues.map((queue) => queue.queue)).toEqual([
      'x.hub',
      'x.dead',
      'ptf.sas.message',
      'ptf.sas.ack',
      'ptf.sas.info',
    ]);
  });
});

describe('the LRM', () => {
  const now = Date.parse('2026-09-04T08:00:00Z');
  const got = (id: string, method: string, status: string) =>
    readMessage(
      writeReport(
        {
          distributionId: id,
          sender: 'ptf.sas',
          recipient: 'samu.330',
          kind: 'Report',
          sentAt: now,
          expiresAt: now + 5000,
        },
        {
          appointmentId: 'a',
          method,
          created: '2026-09-04T10:00:00+02:00',
          start: '2026-09-04T14:00:00+02:00',
          status,
          regulator: { regulatorName: 'Régul', regulatorFirstname: 'Jean', regulatorEmail: 'jean@samu.test' },
        },
      ),
    );
  it('creates, updates, refuses a second creation, repeats its answers, and creates from an unknown update', () => {
    const state = new LrmState();
    const say = (id: string, method: string, status: string, attitude: Attitude = 'acknowledge'): unknown => {
      const received = got(id, method, status);
      const { entry, isNew } = state.decide({ ...received, envelope: received.envelope! }, attitude, now);
      if (isNew) state.apply(entry);
      return [isNew, entry.refused, state.appointments.get('a')?.status];
    };
    expect(say('1', 'UpdateAppointment', 'pending')).toEqual([true, undefined, 'pending']);
    expect(say('2', 'CreateAppointment', 'booked')).toEqual([true, 409, 'pending']);
    expect(say('6', 'updateAppointment', 'BOOKED'), 'as strict as the Hub').toEqual([true, 300, 'pending']);
    expect(say('3', 'updateAppointment', 'BOOKED', 'tolerant')).toEqual([true, undefined, 'booked']);
    expect(say('1', 'UpdateAppointment', 'pending')).toEqual([false, undefined, 'booked']);
    expect(say('2', 'CreateAppointment', 'booked')).toEqual([false, 409, 'booked']);
    expect(say('4', 'UpdateAppointment', 'cancelled')).toEqual([true, undefined, 'cancelled']);
    expect(say('5', 'RemoveAppointment', 'booked')).toEqual([true, 300, 'cancelled']);
  });
});
