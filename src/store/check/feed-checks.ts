/** Versions without gaps, their numbers in the feed, and the events of subscriptions. */
import { APART_TYPES } from '../resources/schema.ts';
import { type Check, list } from './check.ts';

export const VERSIONS: Check = {
  name: 'versions',
  french: "il manque une version dans l'historique",
  english: 'a version is missing in the history',
  find: (database) =>
    list(
      database,
      // The first version of an incarnation is above its floor.
      `SELECT DISTINCT concat(type, '/', id) AS what FROM (
         SELECT type, id, version, lag(version, 1, 0) OVER (PARTITION BY type, id ORDER BY version) AS before
         FROM history) h
       WHERE version <> before + 1 AND version - 1 NOT IN (SELECT floor FROM incarnation)`,
    ),
};

const MISSED = `
  SELECT h.type, h.id, h.version FROM feed_mark m, history h
  WHERE m.until IS NULL AND h.txid < m.since AND h.type <> ALL($1::text[])
    AND (m.dropped = 0 OR h.at >= (SELECT f.at FROM feed f ORDER BY f.seq LIMIT 1))
    AND NOT EXISTS (SELECT FROM feed f WHERE f.type = h.type AND f.id = h.id AND f.version = h.version)`;

/** A version that was passed over gets a number after all the others. */
export const FEED: Check = {
  name: 'feed',
  french: 'le flux des changements est incomplet',
  english: 'the feed of changes is incomplete',
  find: (database) =>
    list(
      database,
      `SELECT concat(type, '/', id, '/_history/', version) AS what FROM (${MISSED}) missed
       UNION ALL
       SELECT concat('number ', f.seq) FROM feed f
         WHERE NOT EXISTS (SELECT FROM history h WHERE h.type = f.type AND h.id = f.id AND h.version = f.version)
       UNION ALL
       SELECT concat('numbers after ', before, ' to ', seq) FROM (
         SELECT seq, lag(seq, 1, (SELECT dropped FROM feed_mark)) OVER (ORDER BY seq) AS before
         FROM feed) f WHERE seq <> before + 1
       UNION ALL
       SELECT concat('last number ', m.seq) FROM feed_mark m
         WHERE m.seq <> GREATEST(m.dropped, COALESCE((SELECT max(seq) FROM feed), m.dropped))`,
      [APART_TYPES],
    ),
  async repair(database) {
    await database.query('SELECT number_missed($1::text[])', [APART_TYPES]);
  },
};

/** The events of a subscription have numbers without gaps, up to the last one given. */
export const SUBSCRIPTION_EVENTS: Check = {
  name: 'events',
  french: "il manque des événements d'abonnement",
  english: 'events of a subscription are missing',
  find: (database) =>
    list(
      database,
      `SELECT 'Subscription/' || s.id AS what FROM subscription_state s
         LEFT JOIN (
           SELECT subscription, count(*) AS n, min(number) AS first, max(number) AS last
           FROM subscription_event GROUP BY subscription) e ON e.subscription = s.id
       WHERE s.handled > (SELECT seq FROM feed_mark) OR e.last <> s.events OR e.n <> e.last - e.first + 1`,
    ),
};
