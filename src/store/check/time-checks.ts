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
 * Time without an appointment that may take it, an appointment that takes none, another time than the appointment's,
 * or not on every resource of the agenda.
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
           WHERE a.id IS NULL OR a.deleted OR (a.body::json->>'status') NOT IN ${MAY_TAKE}
             OR b.period <> tstzrange((a.body::json->>'start')::timestamptz, (a.body::json->>'end')::timestamptz)
         UNION ALL
         SELECT a.id FROM appointment a
           WHERE NOT a.deleted AND a.body::json->>'status' IN ${TAKES} AND a.body::json->'slot' IS NOT NULL
             AND NOT EXISTS (SELECT FROM busy b WHERE b.appointment = a.id)
         UNION ALL
         SELECT b.appointment FROM busy b JOIN agenda g ON g.schedule = b.schedule
           GROUP BY b.appointment, b.schedule, g.keys HAVING count(*) <> cardinality(g.keys)) lost`,
    ),
  async repair(database, found) {
    for (const reference of found) await database.query('SELECT retake_time($1)', [reference.split('/')[1]]);
  },
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
