/** Subscriptions over real HTTP: handshake, numbered events, heartbeats, payloads, retries, `$status`, `$events`. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Json } from '../src/fhir/resource.ts';
import { bookingOf, freeSlots, loadFixture } from './fixture.ts';
import { startTestServer, type TestServer } from './harness.ts';
import { BACKPORT, endlessly, type Listener, listener, subscription } from './listener.ts';

async function until<T>(what: () => T | undefined | Promise<T | undefined>, ms = 30_000): Promise<T> {
  for (const end = Date.now() + ms; ; ) {
    const found = await what();
    if (found !== undefined && found !== false) return found;
    if (Date.now() > end) throw new Error(`not within ${ms} ms: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

const part = (body: Json, name: string): string | undefined => {
  const found = body.entry[0].resource.parameter.find((parameter: Json) => parameter.name === name);
  return found && (found.valueString ?? found.valueCode ?? found.valueCanonical);
};
const numbers = (body: Json): string[] =>
  body.entry[0].resource.parameter
    .filter((parameter: Json) => parameter.name === 'notification-event')
    .map((parameter: Json) => parameter.part[0].valueString);
const focus = (body: Json): string[] =>
  body.entry.slice(1).map((entry: Json) => entry.fullUrl.split('/').slice(-2).join('/'));

describe('subscriptions', () => {
  let test: TestServer;
  let hook: Listener;
  beforeAll(async () => {
    test = await startTestServer({ allowPrivateEndpoints: true, subscriptionAttempts: 3 });
    await loadFixture(test.base);
  });
  afterAll(() => test.close());
  beforeEach(async () => {
    hook = await listener();
  });
  afterEach(async () => {
    for (const { resource } of (await test.request('GET', 'Subscription')).json.entry ?? [])
      await test.request('DELETE', `Subscription/${resource.id}`);
    hook.close();
  });

  const subscribe = async (body: Json): Promise<string> => {
    const { status, json, text } = await test.request('POST', 'Subscription', body);
    expect(status, text).toBe(201);
    return json.id;
  };
  const becomes = (id: string, wanted: string): Promise<Json> =>
    until(async () => {
      const { json } = await test.request('GET', `Subscription/${id}`);
      return json.status === wanted ? json : undefined;
    });
  const events = (): Json[] =>
    hook.got.map((request) => request.body).filter((body) => part(body, 'type') === 'event-notification');
  const book = async (schedule: string): Promise<Json> => {
    const [slot] = await freeSlots(test, `schedule=${schedule}&start=ge2026-11-25&start=lt2026-12-20`);
    const reply = await test.request('POST', 'Appointment', bookingOf(slot!.id));
    expect(reply.status, reply.text).toBe(201);
    return reply.json;
  };

  it('sends a handshake, then every change in order without gaps; $status and $events agree', async () => {
    const id = await subscribe(
      subscription(hook.url, 'appointment', {
        filter: 'Appointment?schedule=Schedule/vasseur-paris',
        extension: [{ url: `${BACKPORT}/backport-max-count`, valuePositiveInt: 1 }],
        header: ['Authorization: Bearer sesame'],
      }),
    );
    // The handshake may not be over yet: events count from the creation of the Subscription.
    const first = await book('vasseur-paris');
    const active = await becomes(id, 'active');
    expect(active.channel.header).toEqual(['Authorization: ***']);
    await book('vasseur-lyon');
    await test.request('PUT', `Appointment/${first.id}`, { ...first, comment: 'Secret médical' });
    await test.request('DELETE', `Appointment/${first.id}`);
    await until(() => (events().length >= 3 ? true : undefined));
    expect(part(hook.got[0]!.body, 'type')).toBe('handshake');
    expect(hook.got.every((request) => request.headers['authorization'] === 'Bearer sesame')).toBe(true);
    expect(events().map(numbers)).toEqual([['1'], ['2'], ['3']]);
    expect(events().map((event) => part(event, 'events-since-subscription-start'))).toEqual(['1', '2', '3']);
    expect(events().map(focus)).toEqual([
      [`Appointment/${first.id}`],
      [`Appointment/${first.id}`],
      [`Appointment/${first.id}`],
    ]);
    expect(events().map((event) => event.entry[1].request.method)).toEqual(['POST', 'PUT', 'DELETE']);
    expect(JSON.stringify(hook.got)).not.toContain('Secret');
    const status = await test.request('GET', `Subscription/${id}/$status`);
    expect([
      status.json.type,
      part(status.json, 'type'),
      part(status.json, 'status'),
      part(status.json, 'events-since-subscription-start'),
    ]).toEqual(['searchset', 'query-status', 'active', '3']);
    const again = await test.request('GET', `Subscription/${id}/$events?eventsSinceNumber=2&content=full-resource`);
    expect([part(again.json, 'type'), numbers(again.json)]).toEqual(['query-event', ['2', '3']]);
    expect(again.json.entry[1].resource.comment).toBe('Secret médical');
    // A header that is written back masked keeps its value.
    const { json } = await test.request('GET', `Subscription/${id}`);
    expect((await test.request('PUT', `Subscription/${id}`, { ...json, status: 'requested' })).status).toBe(200);
    await becomes(id, 'active');
    expect(hook.got.at(-1)!.headers['authorization']).toBe('Bearer sesame');
    expect((await test.sql(`SELECT 1 FROM history WHERE type = 'Subscription' AND body LIKE '%sesame%'`)).length).toBe(
      0,
    );
    // Not for another server, or another port of this one, whoever writes it back.
    const thief = await listener();
    const elsewhere = [thief.url, thief.url.replace('127.0.0.1', 'localhost'), `${hook.url.replace('//', '//x@')}/`];
    for (const endpoint of elsewhere) {
      const moved = { ...json, status: 'requested', channel: { ...json.channel, endpoint } };
      const patch = [{ op: 'replace', path: '/channel/endpoint', value: endpoint }];
      expect((await test.request('PUT', `Subscription/${id}`, moved)).status, endpoint).toBeGreaterThanOrEqual(400);
      const headers = { 'content-type': 'application/json-patch+json' };
      expect((await test.request('PATCH', `Subscription/${id}`, patch, headers)).status).toBeGreaterThanOrEqual(400);
      expect((await test.request('POST', 'Subscription', { ...moved, id: undefined })).status).toBeGreaterThanOrEqual(
        400,
      );
    }
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(thief.got).toEqual([]);
    thief.close();
    await test.request('PUT', `Subscription/${id}`, { ...json, status: 'off' });
    const before = hook.got.length;
    await book('vasseur-paris');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(hook.got.length).toBe(before);
  });

  it('reports changes of free time (bookings, Schedule, shared practitioner), nothing about patients', async () => {
    const id = await subscribe(
      subscription(hook.url, 'availability', {
        filter: 'schedule=Schedule/vasseur-paris',
        content: 'full-resource',
        extension: [{ url: `${BACKPORT}/backport-max-count`, valuePositiveInt: 1 }],
      }),
    );
    await becomes(id, 'active');
    await book('vasseur-lyon');
    await test.request('PUT', 'Slot/ferme', {
      resourceType: 'Slot',
      id: 'ferme',
      schedule: { reference: 'Schedule/vasseur-paris' },
      status: 'busy-unavailable',
      start: '2026-12-01T09:00:00+01:00',
      end: '2026-12-01T10:00:00+01:00',
    });
    await test.request('PUT', 'Patient/alice', { resourceType: 'Patient', id: 'alice', name: [{ family: 'Autre' }] });
    await until(() => (events().length >= 2 ? true : undefined));
    expect(
      events().map((event) =>
        event.entry.slice(1).map((entry: Json) => `${entry.resource.resourceType}/${entry.resource.id}`),
      ),
    ).toEqual([['Schedule/vasseur-paris'], ['Schedule/vasseur-paris']]);
    expect(JSON.stringify(events())).not.toMatch(/Patient|Appointment/);
  });

  it('sends empty payloads and heartbeats', async () => {
    const id = await subscribe(
      subscription(hook.url, 'schedule', {
        content: 'empty',
        extension: [{ url: `${BACKPORT}/backport-heartbeat-period`, valueUnsignedInt: 1 }],
      }),
    );
    await becomes(id, 'active');
    const { json } = await test.request('GET', 'Schedule/vasseur-paris');
    expect((await test.request('PUT', 'Schedule/vasseur-paris', { ...json, comment: 'autre' })).status).toBe(200);
    await until(() => events()[0]);
    expect(events()[0].entry).toHaveLength(1);
    expect(JSON.stringify(events())).not.toContain('vasseur');
    const beat = await until(() => hook.got.find((request) => part(request.body, 'type') === 'heartbeat'));
    expect(part(beat.body, 'events-since-subscription-start')).toMatch(/^[01]$/);
  });

  it('retries in order until acknowledged; fails in the end, and sends the missed events after a restart', async () => {
    let isDown = true;
    hook.answer = (reply, body) =>
      reply.writeHead(isDown && part(body, 'type') === 'event-notification' ? 503 : 200).end();
    const id = await subscribe(
      subscription(hook.url, 'appointment', {
        extension: [{ url: `${BACKPORT}/backport-max-count`, valuePositiveInt: 1 }],
      }),
    );
    await becomes(id, 'active');
    await book('vasseur-paris');
    await book('vasseur-paris');
    await until(() => events()[0]);
    isDown = false;
    await until(() => (events().length >= 3 ? true : undefined));
    expect(events().map((event) => numbers(event)[0])).toEqual(['1', '1', '2']);
    isDown = true;
    await book('vasseur-paris');
    await book('vasseur-paris');
    const failed = await becomes(id, 'error');
    expect(failed.error).toContain('503');
    isDown = false;
    const { error: _, ...rest } = failed;
    await test.request('PUT', `Subscription/${id}`, { ...rest, status: 'requested' });
    await becomes(id, 'active');
    const handshake = hook.got.findLast((request) => part(request.body, 'type') === 'handshake')!;
    expect(part(handshake.body, 'events-since-subscription-start')).toBe('4');
    const missed = await test.request('GET', `Subscription/${id}/$events?eventsSinceNumber=3`);
    expect(numbers(missed.json)).toEqual(['3', '4']);
    await book('vasseur-paris');
    await until(() => events().find((event) => numbers(event)[0] === '5'));
  });

  it('follows no redirect and abandons endless answers; the subscription ends in error with the reason', async () => {
    const trap = await listener();
    hook.answer = (reply) => reply.writeHead(307, { location: trap.url }).end();
    const redirected = await subscribe(subscription(hook.url, 'schedule'));
    const slow = await listener();
    slow.answer = () => {};
    const waiting = await subscribe(
      subscription(slow.url, 'schedule', { extension: [{ url: `${BACKPORT}/backport-timeout`, valueUnsignedInt: 1 }] }),
    );
    const endless = await listener();
    endless.answer = (reply) => endlessly(reply);
    const long = await subscribe(subscription(endless.url, 'schedule'));
    expect((await becomes(redirected, 'error')).error).toContain('redirects are not followed');
    expect((await becomes(waiting, 'error')).error).toContain('no answer in 1 s');
    // The status acknowledges the notification; the body is not read.
    await becomes(long, 'active');
    expect(trap.got).toEqual([]);
    for (const receiver of [trap, slow, endless]) receiver.close();
  });

  it('refuses a wrong Subscription and names the element', async () => {
    const refused = async (change: (body: Json) => void): Promise<string> => {
      const body = subscription(hook.url, 'schedule');
      change(body);
      const { status, json } = await test.request('POST', 'Subscription', body);
      return `${status} ${json.issue[0].expression?.[0]}`;
    };
    expect(await refused((body) => (body.criteria = 'Appointment?status=booked'))).toBe('422 Subscription.criteria');
    expect(await refused((body) => (body.status = 'active'))).toBe('422 Subscription.status');
    expect(await refused((body) => (body.channel.type = 'email'))).toBe('422 Subscription.channel.type');
    expect(await refused((body) => (body.channel.header = ['Content-Length: 3']))).toBe(
      '422 Subscription.channel.header',
    );
    expect(await refused((body) => (body.channel.header = ['X-A: b\r\nX-C: d']))).toBe(
      '422 Subscription.channel.header',
    );
    expect(await refused((body) => (body.channel.endpoint = 'ftp://example.org/'))).toBe(
      '422 Subscription.channel.endpoint',
    );
    expect(
      await refused(
        (body) =>
          (body._criteria = {
            extension: [{ url: `${BACKPORT}/backport-filter-criteria`, valueString: 'Patient?name=x' }],
          }),
      ),
    ).toBe('422 Subscription.criteria.extension');
    const { json } = await test.request('GET', 'metadata');
    const own = json.rest[0].resource.find((served: Json) => served.type === 'Subscription');
    expect(own.extension.map((extension: Json) => extension.valueCanonical)).toEqual(
      ['urn:creneau:fhir:topic:', `${test.base}/SubscriptionTopic/`].flatMap((start) =>
        ['schedule', 'appointment', 'availability'].map((name) => start + name),
      ),
    );
  });

  it('names its topic by URL: of this server, whatever ends TLS in front of it', async () => {
    const own = `${test.base}/SubscriptionTopic/schedule`;
    const byUrl = (criteria: string): Promise<{ status: number; json: Json }> =>
      test.request('POST', 'Subscription', { ...subscription('http://127.0.0.1:9/x', 'schedule'), criteria });
    for (const criteria of [own, own.replace('http:', 'https:')]) {
      const { status, json } = await byUrl(criteria);
      expect([status, json.criteria]).toEqual([201, criteria]);
      const { json: state } = await test.request('GET', `Subscription/${json.id}/$status`);
      const topic = state.entry[0].resource.parameter.find(({ name }: Json) => name === 'topic');
      expect(topic.valueCanonical).toBe(criteria);
    }
    const foreign = ['https://other.example/fhir/SubscriptionTopic/schedule', `${own}s`, `${own}|1`, `${own}?x=1`];
    for (const criteria of [...foreign, own.replace('/fhir/', '/sas/')])
      expect([criteria, (await byUrl(criteria)).status]).toEqual([criteria, 422]);
  });
});
