/** Requests to addresses that users supply (endpoints and calendars): allowed destinations, and hostile answers. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { blockedReason, isPublic, OutboundHttp } from '../src/sync/outbound-http.ts';
import { loadFixture } from './fixture.ts';
import { type Reply, startTestServer, type TestServer } from './harness.ts';
import { endlessly, type Listener, listener, subscription } from './listener.ts';

let hook: Listener;
beforeEach(async () => {
  hook = await listener();
});
afterEach(() => hook.close());

describe('addresses', () => {
  let test: TestServer;
  beforeAll(async () => {
    test = await startTestServer();
    await loadFixture(test.base);
  });
  afterAll(() => test.close());

  it('of this machine or of private networks are blocked, also when hidden in IPv6', async () => {
    const blocked = [
      '127.0.0.1',
      '10.1.2.3',
      '172.31.0.1',
      '192.168.1.1',
      '169.254.169.254',
      '100.64.0.1',
      '0.0.0.0',
      '224.0.0.1',
      '255.255.255.255',
      '::1',
      '::',
      'fe80::1',
      'fd00::1',
      '::ffff:127.0.0.1',
      '::ffff:8.8.8.8',
      '64:ff9b::7f00:1',
      '2002:7f00:1::',
      '2001:db8::1',
      'ff02::1',
    ];
    expect(blocked.filter(isPublic)).toEqual([]);
    expect(['8.8.8.8', '2a00:1450:4007:80c::200e', '172.32.0.1'].filter((address) => !isPublic(address))).toEqual([]);
    for (const url of BLOCKED) expect(await blockedReason(url, false), url).toBeDefined();
    expect(await blockedReason('https://8.8.8.8/hook', false)).toBeUndefined();
    expect(await blockedReason('http://127.0.0.1:8080/hook', true)).toBeUndefined();
  });

  const BLOCKED = [
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://2130706433/',
    'https://0x7f.1/',
    'https://10.0.0.8/',
    'https://169.254.169.254/latest/meta-data',
    'https://localhost/',
    'https://a.localhost./',
    'http://8.8.8.8/',
    'https://u:p@8.8.8.8/',
    'file:///etc/passwd',
    'nothing',
    'https://[::ffff:7f00:1]/',
  ];

  it('are refused when blocked, for Subscriptions and followed calendars: nothing stored or requested', async () => {
    const calendar = (url: string): Promise<Reply> =>
      test.request('POST', 'Schedule/reunion/$import-ical', {
        resourceType: 'Parameters',
        parameter: [{ name: 'url', valueUrl: url }],
      });
    for (const url of [
      ...BLOCKED.filter((blocked) => blocked !== 'nothing'),
      hook.url,
      hook.url.replace('http:', 'https:'),
    ]) {
      const subscribed = await test.request('POST', 'Subscription', subscription(url, 'schedule'));
      expect([url, subscribed.status, subscribed.json.issue[0].expression]).toEqual([
        url,
        422,
        ['Subscription.channel.endpoint'],
      ]);
      const followed = await calendar(url);
      expect([url, followed.status, followed.json.issue[0].code, followed.json.issue[0].expression]).toEqual([
        url,
        422,
        'business-rule',
        ['url'],
      ]);
      expect(followed.json.issue[0].details.text).toContain('CRENEAU_ALLOW_PRIVATE_ENDPOINTS');
    }
    expect(await test.sql('SELECT * FROM calendar_source')).toEqual([]);
    expect((await test.request('GET', 'Subscription?_summary=count')).json.total).toBe(0);
    expect(hook.got).toEqual([]);
  });

  it('are checked again when the connection is made, whatever the name resolved to before', async () => {
    const outbound = new OutboundHttp(false);
    const options = { etag: undefined, modified: undefined, maxBytes: 1000 };
    for (const url of [hook.url, hook.url.replace('127.0.0.1', 'localhost')]) {
      expect(await outbound.post(url, '{}', [], 2000)).toContain('loopback');
      expect(await outbound.get(url, options, 2000)).toEqual({ failure: expect.stringContaining('loopback') });
    }
    expect(hook.got).toEqual([]);
    await outbound.close();
  });
});

describe('an answer', () => {
  const outbound = new OutboundHttp(true);
  afterAll(() => outbound.close());
  const get = (maxBytes = 1_000_000): ReturnType<OutboundHttp['get']> =>
    outbound.get(hook.url, { etag: '"1"', modified: undefined, maxBytes }, 500);
  const post = (): Promise<string | undefined> => outbound.post(hook.url, '{}', [], 500);

  it('that redirects is not followed', async () => {
    const trap = await listener();
    hook.answer = (reply) => reply.writeHead(301, { location: trap.url }).end();
    expect([await post(), await get()]).toEqual([
      'answered 301: redirects are not followed',
      { failure: 'answered 301: redirects are not followed' },
    ]);
    expect(trap.got).toEqual([]);
    trap.close();
  });

  it('that never comes, drips or never ends is cut off by the time limit or the size limit', async () => {
    hook.answer = () => {};
    expect([await post(), await get()]).toEqual(['no answer in 0.5 s', { failure: 'no answer in 0.5 s' }]);
    hook.answer = (reply) => endlessly(reply, 'x', 20);
    // A POST is acknowledged by its status alone; a GET needs the whole text.
    expect([await post(), await get()]).toEqual([undefined, { failure: 'no answer in 0.5 s' }]);
    hook.answer = (reply) => endlessly(reply);
    expect([await post(), await get()]).toEqual([undefined, { failure: 'the answer is larger than 1000000 bytes' }]);
  });

  it('that breaks off is a failure; what it holds is passed on as octets; one that is unchanged says so', async () => {
    hook.answer = (reply) => reply.writeHead(200, { 'content-length': '100' }).write('BEGIN:', () => reply.destroy());
    expect(await get()).toEqual({ failure: expect.stringMatching(/./) });
    hook.answer = (reply) => reply.writeHead(200).end(Buffer.from([0xff, 0xfe, 0x00]));
    expect(await get()).toMatchObject({ unchanged: false, octets: Buffer.from([0xff, 0xfe, 0x00]) });
    hook.answer = (reply) => reply.writeHead(304).end();
    expect(await get()).toMatchObject({ unchanged: true, etag: '"1"' });
    hook.answer = (reply) => reply.writeHead(200, { etag: '"2"' }).end('\uFEFFBEGIN:VCALENDAR');
    expect(await get()).toMatchObject({ unchanged: false, etag: '"2"' });
  });
});
