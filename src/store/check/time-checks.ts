/** Agendas and the time that appointments take on them. */
import { type Check, list } from './check.ts';

/** States in which an appointment takes time, and those in which it may. */
const TAKES = `('booked', 'arrived', 'checked-in', 'fulfilled')`;
const MAY_TAKE = `('proposed', 'pending', 'booked', 'arrived', 'checked-in', 'fulfilled')`;

/** Two rows of one resource at one time on one lane, or of two agendas. */
export const OVERLAPS: Check = {
  name: 'overlaps',
  french: 'deux rendez-vous occupent la même ressource en même temps',
  english: 'two appointments occupy one resource at one time',
  find: (database) =>
    list(
      database,
      `SELECT DISTINCT concat('Appointment/', a.appointment, ' Appointment/', b.appointment) AS what
       FROM busy a JOIN busy b ON a.resource = b.resource AND a.id < b.id AND a.period && b.period
       WHERE a.lane IS NOT NULL AND b.lane IS NOT NULL AND (a.lane = b.lane OR a.schedule <> b.schedule)`,
    ),
};

/**
 * Time without an appointment that may take it (visitors of the public pages hold some for a moment, ADR 0039), an
 * appointment that takes none, another time than the appointment's, or not exactly on the resources of its agendas,
 * each once.
 */
export const LOST_TIME: Check = {
  name: 'time',
  french: "le temps occupé n'est pas celui du rendez-vous",
  english: 'the time taken is not that of the appointment',
  find: (database) =>
    list(
      database,
      `SELECT DISTINCT 'Appointment/' || id AS what FROM (
         SELECT b.appointment AS id FROM busy b LEFT JOIN appointment a ON a.id = b.appointment
           WHERE NOT (b.appointment LIKE 'visit:%' AND b.expires IS NOT NULL)
             AND (a.id IS NULL OR a.deleted OR (a.body::json->>'status') NOT IN ${MAY_TAKE}
             OR b.period <> tstzrange((a.body::json->>'start')::timestamptz,
               (a.body::json->>'end')::timestamptz + make_interval(secs => b.buffer)))
         UNION ALL
         SELECT a.id FROM appointment a
           WHERE NOT a.deleted AND a.body::json->>'status' IN ${TAKES} AND a.body::json->'slot' IS NOT NULL
             AND NOT EXISTS (SELECT FROM busy b WHERE b.appointment = a.id)
         UNION ALL
         SELECT t.appointment FROM (
             SELECT appointment, array_agg(resource ORDER BY resource) AS resources,
               array_agg(DISTINCT schedule) AS schedules
             FROM busy GROUP BY appointment) t
           WHERE t.resources <> ARRAY(
             SELECT DISTINCT k FROM agenda g LEFT JOIN appointment a ON a.id = t.appointment,
               unnest(g.keys || named_members(g.context, (SELECT b.named FROM busy b
                 WHERE b.appointment = t.appointment AND b.named IS NOT NULL LIMIT 1), a.body::json)) k
             WHERE g.schedule = ANY(t.schedules) ORDER BY k)) lost`,
    ),
  async repair(database, found) {
    for (const reference of found) await database.query('SELECT retake_time($1)', [reference.split('/')[1]]);
  },
};

/** Codes of rooms and the like: `ONE_AT_A_TIME` in agenda/occupied.ts. */
const ROOMS = `'{ro,bd,ve,ca}'::text[]`;

/**
 * The resources that an agenda occupies are not those that follow from its actors. Written apart from the rule of the
 * server (agenda/occupied.ts), so that each finds the mistakes of the other. A start of the server mends it.
 */
export const KEYS: Check = {
  name: 'resources',
  french: "l'agenda n'occupe pas exactement ses acteurs",
  english: 'the agenda does not occupy exactly its actors',
  find: (database) =>
    list(
      database,
      `WITH actor AS (
         SELECT s.id AS schedule, a.value->>'reference' AS reference,
           json_array_length(s.body::json->'actor') AS actors,
           EXISTS (SELECT FROM json_array_elements(s.body::json->'extension') e
                   WHERE e->>'url' = 'urn:creneau:fhir:team') AS team
         FROM schedule s, json_array_elements(s.body::json->'actor') a WHERE NOT s.deleted
       ), kind AS (
         SELECT l.id, array_agg(c->>'code') AS codes FROM location l,
           json_array_elements(l.body::json->'physicalType'->'coding') c WHERE NOT l.deleted GROUP BY l.id
       ), expected AS (
         SELECT id AS schedule, 'Schedule/' || id AS key FROM schedule WHERE NOT deleted
         UNION SELECT a.schedule, a.reference FROM actor a JOIN practitioner p ON a.reference = 'Practitioner/' || p.id
           WHERE NOT p.deleted AND NOT a.team
         UNION SELECT a.schedule, r.body::json->'practitioner'->>'reference' FROM actor a
           JOIN practitionerrole r ON a.reference = 'PractitionerRole/' || r.id
           WHERE NOT r.deleted AND NOT a.team AND r.body::json->'practitioner'->>'reference' ~ '^Practitioner/[^/]+$'
         UNION SELECT a.schedule, a.reference FROM actor a JOIN device d ON a.reference = 'Device/' || d.id
           WHERE NOT d.deleted
         UNION SELECT a.schedule, a.reference FROM actor a JOIN location l ON a.reference = 'Location/' || l.id
           LEFT JOIN kind k ON k.id = l.id
           WHERE NOT l.deleted AND (k.codes && ${ROOMS} OR (k.codes IS NULL AND a.actors = 1))
       ), member AS (
         SELECT a.schedule, a.reference AS person FROM actor a
           JOIN practitioner p ON a.reference = 'Practitioner/' || p.id WHERE NOT p.deleted AND a.team
         UNION SELECT a.schedule, r.body::json->'practitioner'->>'reference' FROM actor a
           JOIN practitionerrole r ON a.reference = 'PractitionerRole/' || r.id
           WHERE NOT r.deleted AND a.team AND r.body::json->'practitioner'->>'reference' ~ '^Practitioner/[^/]+$'
       )
       SELECT 'Schedule/' || g.schedule AS what FROM agenda g
       WHERE NOT g.deleted AND (ARRAY(SELECT DISTINCT k FROM unnest(g.keys) k ORDER BY k)
         <> ARRAY(SELECT DISTINCT e.key FROM expected e WHERE e.schedule = g.schedule ORDER BY e.key)
         OR ARRAY(SELECT DISTINCT p FROM unnest(members_of(g.context)) p ORDER BY p)
         <> ARRAY(SELECT DISTINCT m.person FROM member m WHERE m.schedule = g.schedule ORDER BY m.person))`,
    ),
};

/** The row of an agenda is of the current version of its Schedule; whoever writes the Schedule again mends it. */
export const AGENDAS: Check = {
  name: 'agendas',
  french: "l'agenda ne suit pas la version de son Schedule : réécrivez le Schedule",
  english: 'the agenda is not of the version of its Schedule: write the Schedule again',
  find: (database) =>
    list(
      database,
      `SELECT 'Schedule/' || COALESCE(s.id, a.schedule) AS what FROM schedule s FULL JOIN agenda a ON a.schedule = s.id
       WHERE a.schedule IS NULL AND NOT s.deleted OR s.id IS NULL OR s.deleted <> a.deleted
          OR (NOT s.deleted AND s.version <> a.version)`,
    ),
};
