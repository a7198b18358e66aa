/**
 * The cost of the numbered feed to writers: commits a second by 16 at once, in rounds without numbering, with nobody
 * waiting for numbers, and with somebody waiting; in turn, so that each sees the same machine. And the time to number
 * one change.
 */
import { randomUUID } from 'node:crypto';
import { Feed } from '../dist/store/delivery/feed.js';
import { Unit } from '../dist/store/write/unit.js';

const WRITERS = 16;
const NAMES = ['not numbered', 'numbered, nobody waits', 'numbered, somebody waits'];

export async function feedCost(database, { seconds = 2, rounds = 3 } = {}) {
  const rates = new Map(NAMES.map((name) => [name, []]));
  let perChange = 0;
  for (let round = 0; round < rounds; round++) {
    for (const name of NAMES) {
      const feed = name === NAMES[0] ? undefined : new Feed(database);
      const forget = name === NAMES[2] ? feed.onChange(() => {}) : undefined;
      rates.get(name).push(await commits(database, seconds));
      forget?.();
      await feed?.close();
      if (name !== NAMES[0]) continue;
      // Number at once the changes that have gathered meanwhile.
      const late = new Feed(database);
      const [{ before }] = await database.query('SELECT seq AS before FROM feed_mark');
      const started = performance.now();
      const after = await late.number();
      perChange = (performance.now() - started) / (after - before);
      await late.close();
    }
  }
  const median = (list) => [...list].sort((a, b) => a - b)[Math.floor(list.length / 2)];
  const floor = median(rates.get(NAMES[0]));
  return NAMES.map((name) => ({
    way: name,
    'commits/s': Math.round(median(rates.get(name))),
    ratio: Number((median(rates.get(name)) / floor).toFixed(2)),
    ...(name === NAMES[0] ? { 'ms to number one': Number(perChange.toFixed(3)) } : {}),
  }));
}

/** The commit of a booking, without the agenda: a history row, a resource. */
async function commits(database, seconds) {
  const until = Date.now() + seconds * 1000;
  let done = 0;
  await Promise.all(
    Array.from({ length: WRITERS }, async () => {
      while (Date.now() < until) {
        const unit = new Unit();
        unit.concern(`s${done % 1000}`);
        unit.put(
          {
            resourceType: 'Appointment',
            id: randomUUID(),
            meta: { versionId: '1', lastUpdated: new Date().toISOString() },
            status: 'booked',
            participant: [{ actor: { display: 'Patient' }, status: 'accepted' }],
          },
          'POST',
        );
        await unit.commit(database);
        done++;
      }
    }),
  );
  return done / seconds;
}
