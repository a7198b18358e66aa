/**
 * The cost of keeping a copy of 1,000 agendas in step: by reading everything again each minute, by the feed, by a
 * subscription. Some minutes of a working day are played, not waited for: in each, 1 % of the agendas change (eight
 * bookings, one cancellation, one change of availability in ten), then each way catches up and is counted. A day of ten
 * hours is 600 such minutes: the minutes are alike, so their mean is multiplied.
 */
import { createServer } from 'node:http';
import { request } from 'undici';

const PER_MINUTE = 10;
const DAY_MINUTES = 600;
const FULL = ['Schedule?_count=1000', 'Appointment?_count=1000'];
const BACKPORT = 'http://hl7.org/fhir/uv/subscriptions-backport/StructureDefinition';

/**
 * `url`: of a server that holds the agendas and may send to this machine. Rows of the table, bytes of bodies as they
 * travel.
 */
export async function inStep(url, { minutes = 8, today, agendas = 1000 }) {
  const base = `${url}/fhir`;
  const receiver = await receive();
  const ways = new Map();
  const count = (way, bytes, ms, requests) => {
    const sum = ways.get(way) ?? { bytes: 0, ms: 0, requests: 0 };
    ways.set(way, { bytes: sum.bytes + bytes, ms: sum.ms + ms, requests: sum.requests + requests });
  };
  // The state at nine o'clock: five appointments on each agenda.
  await book(
    base,
    Array.from({ length: agendas * 5 }, (_, i) => i),
    today,
  );
  await send(base, 'POST', 'Subscription', subscription(receiver.url));
  await receiver.handshake;
  let after = Number(
    new URL(
      (await read(`${base}/_history?_after=latest`)).bundle.link.find((link) => link.relation === 'monitor').url,
    ).searchParams.get('_after'),
  );
  for (let minute = 0; minute < minutes; minute++) {
    receiver.reset();
    const expected = await change(base, minute, agendas, today);
    for (const encoding of [undefined, 'br']) {
      const started = performance.now();
      let bytes = 0;
      let requests = 0;
      for (const path of FULL) {
        for (let page = `${base}/${path}`; page; requests++) {
          const { bundle, size } = await read(page, encoding);
          bytes += size;
          page = bundle.link.find((link) => link.relation === 'next')?.url;
        }
      }
      count(`full re-reading${encoding ? ', brotli' : ''}`, bytes, performance.now() - started, requests);
    }
    let next = after;
    for (const encoding of [undefined, 'br']) {
      const started = performance.now();
      const { bundle, size } = await read(`${base}/_history?_after=${after}&_count=1000`, encoding);
      next = Number(new URL(bundle.link.find((link) => link.relation === 'monitor').url).searchParams.get('_after'));
      count(`feed${encoding ? ', brotli' : ''}`, size, performance.now() - started, 1);
    }
    after = next;
    await receiver.upTo(expected);
    count('subscription, full-resource', receiver.bytes(), receiver.ms(), receiver.notifications());
  }
  receiver.close();
  const full = ways.get('full re-reading').bytes;
  return [...ways].map(([way, { bytes, ms, requests }]) => ({
    way,
    'requests a day': Math.round((requests / minutes) * DAY_MINUTES),
    'MB a day': Number((((bytes / minutes) * DAY_MINUTES) / 1e6).toFixed(1)),
    's a day': Number((((ms / minutes) * DAY_MINUTES) / 1000).toFixed(1)),
    '% of re-reading': Number(((bytes / full) * 100).toFixed(2)),
  }));
}

/** Ten agendas change; gives back how many appointments and Schedules the subscription tells of. */
async function change(base, minute, agendas, today) {
  const first = (minute * PER_MINUTE) % agendas;
  await book(
    base,
    Array.from({ length: 8 }, (_, i) => agendas * 5 + minute * 8 + i),
    today,
    first,
  );
  const cancelled = `Appointment/b${minute}`;
  await send(
    base,
    'PATCH',
    cancelled,
    [{ op: 'replace', path: '/status', value: 'cancelled' }],
    'application/json-patch+json',
  );
  await send(
    base,
    'PATCH',
    `Schedule/s${first + 9}`,
    [{ op: 'add', path: '/comment', value: `minute ${minute}` }],
    'application/json-patch+json',
  );
  return 9;
}

const DAY = 86_400_000;

/** Appointment `i`: on the agenda of its number, a quarter of an hour of its own. Ten at once. */
async function book(base, numbers, today, first = 0) {
  for (let i = 0; i < numbers.length; i += 10) {
    await Promise.all(
      numbers.slice(i, i + 10).map((n, k) => {
        const agenda = first > 0 || numbers.length === 8 ? first + k : n % 1000;
        const quarter = first > 0 || numbers.length === 8 ? 16 : Math.floor(n / 1000);
        const start = today + (10 + Math.floor(quarter / 16)) * DAY + (8 * 4 + (quarter % 16)) * 900_000;
        const time = (at) => new Date(at).toISOString();
        return send(base, 'PUT', `Appointment/b${n}`, {
          resourceType: 'Appointment',
          id: `b${n}`,
          status: 'booked',
          start: time(start),
          end: time(start + 900_000),
          participant: [
            { actor: { reference: `PractitionerRole/r${agenda}` }, status: 'accepted' },
            { actor: { display: 'Patient' }, status: 'accepted' },
          ],
        });
      }),
    );
  }
}

async function send(base, method, path, body, type = 'application/fhir+json') {
  const reply = await request(`${base}/${path}`, {
    method,
    body: JSON.stringify(body),
    headers: { 'content-type': type, prefer: 'return=minimal' },
  });
  const text = await reply.body.text();
  if (reply.statusCode >= 300) throw new Error(`${method} ${path}: ${reply.statusCode} ${text.slice(0, 300)}`);
}

/** Bytes as they travel, and the Bundle. */
async function read(url, encoding) {
  const reply = await request(url, { headers: encoding ? { 'accept-encoding': encoding } : {} });
  const buffer = Buffer.from(await reply.body.arrayBuffer());
  const { brotliDecompressSync } = await import('node:zlib');
  const text = reply.headers['content-encoding'] === 'br' ? brotliDecompressSync(buffer) : buffer;
  return { bundle: JSON.parse(text.toString()), size: buffer.length };
}

function subscription(endpoint) {
  return {
    resourceType: 'Subscription',
    status: 'requested',
    reason: 'mesure',
    criteria: 'urn:creneau:fhir:topic:appointment',
    channel: {
      type: 'rest-hook',
      endpoint,
      payload: 'application/fhir+json',
      _payload: { extension: [{ url: `${BACKPORT}/backport-payload-content`, valueCode: 'full-resource' }] },
    },
  };
}

/** An endpoint that counts what arrives: bytes, and the time in which it was being told. */
async function receive() {
  let bytes = 0;
  let events = 0;
  let notifications = 0;
  let began;
  let ended;
  let ready;
  const handshake = new Promise((resolve) => (ready = resolve));
  const server = createServer(async (incoming, reply) => {
    let text = '';
    for await (const chunk of incoming) text += chunk;
    reply.writeHead(200).end();
    const { parameter } = JSON.parse(text).entry[0].resource;
    if (parameter.find((parameter) => parameter.name === 'type').valueCode === 'handshake') return ready();
    bytes += Buffer.byteLength(text);
    notifications++;
    events += parameter.filter((parameter) => parameter.name === 'notification-event').length;
    began ??= performance.now();
    ended = performance.now();
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}/`,
    handshake,
    bytes: () => bytes,
    ms: () => ended - began,
    notifications: () => notifications,
    reset() {
      [bytes, events, notifications, began] = [0, 0, 0, undefined];
    },
    async upTo(wanted) {
      for (let i = 0; events < wanted; i++) {
        if (i > 6000) throw new Error(`${events} of ${wanted} events`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    close: () => server.close(),
  };
}
