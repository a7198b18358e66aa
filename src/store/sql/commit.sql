-- The one way to write. A unit of work (see ../unit.ts) is applied whole or not at all, in one call:
-- locks first and always in the same order (criteria, agendas by id, versions), then time, then resources.
-- `unit` is small and read many times: jsonb. `puts` holds the resources, each read once: json, as text.
-- Answers {"ok":true}, with {"beside": [...]} where time was recorded beside the places because none was free, or says
-- why not, with nothing written:
--   {"stale": ...}      somebody else wrote first: read again and decide again
--   {"taken": ...}      the time is not free
--   {"duplicate": ...}  the business identifier belongs to another resource
--   {"stale": {}, "floor": n}  a version is not above `n`: the database was restored or promoted (incarnation.sql);
--                       a new resource under an id of our own has never had another version 1
--   {"void": true}       the id of this commit was settled as not done, because its answer was lost
--   {"overtaken": true}  another process has taken the request over, whose idempotency key it carries
--   {"occupied": ...}   the agenda still has appointments after the given instant, or the patient still has some
--   {"twice": ...}      the patient has another appointment (`first`) on the agenda at an overlapping time
--   {"clash": ...}      `appointments` of the agenda would occupy resources that others occupy then

-- The time that is taken of a resource in a period. The indexes of `busy` hold the rows in places or those beside them, so that a condition on neither is
-- served by none: it would read all that was ever booked.
CREATE OR REPLACE FUNCTION busy_at(_key bigint, _period tstzrange) RETURNS SETOF busy LANGUAGE sql STABLE AS $$
  SELECT * FROM busy WHERE resource_key = _key AND period && _period AND lane IS NOT NULL
  UNION ALL
  SELECT * FROM busy WHERE resource_key = _key AND period && _period AND lane IS NULL
$$;

DROP FUNCTION IF EXISTS place_time(text, text, text[], tstzrange, integer, boolean, timestamptz);
DROP FUNCTION IF EXISTS place_time(text, text, text[], text[], text[], tstzrange, integer, boolean, timestamptz);

-- Takes a time on one agenda for all of `_keys` (resources of the agenda that the appointment does not occupy yet).
-- Answers the place, from 0; NULL if none is free: every place that is taken at some moment of the time counts, so does
-- each appointment that was recorded beside the places, and what another agenda takes of a shared resource blocks all.
-- `_period` ends with `_buffer` seconds that are kept free. An appointment of another kind lets no more come than its own
-- places. The same rule as `isRoomFor` in scheduling/slots.ts. The agendas that share a resource are locked.
-- `_members`: people of the agenda's team, who are in one place at a time whatever the place of the appointment is.
CREATE OR REPLACE FUNCTION place_time(
  _appointment text, _schedule text, _keys text[], _members text[], _named text[], _period tstzrange, _capacity integer, _tentative boolean, _expires timestamptz,
  _buffer integer, _kind text, _places integer
) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  lanes  integer[];
  beside integer;
  place  integer := 0;
  rows   integer;
BEGIN
  IF _capacity > 1 THEN
    SELECT LEAST(_capacity, min(b.places)) INTO _capacity FROM busy_at(hashtextextended('Schedule/' || _schedule, 0), _period) b
      WHERE b.kind IS DISTINCT FROM _kind OR b.kind IS NULL;
  END IF;
  SELECT count(DISTINCT b.appointment) + CASE WHEN bool_or(b.schedule <> _schedule) THEN _capacity ELSE 0 END INTO beside
    FROM busy b WHERE b.lane IS NULL AND b.period && _period
      AND b.resource_key = ANY (ARRAY(SELECT hashtextextended(k, 0) FROM unnest(_keys) k));
  IF beside >= _capacity OR EXISTS (SELECT FROM unnest(_members) m, busy b WHERE b.resource_key = hashtextextended(m, 0) AND b.period && _period AND b.lane IS NULL) THEN
    RETURN NULL;
  END IF;
  SELECT array_agg(DISTINCT b.lane) INTO lanes FROM busy b
    WHERE b.lane IS NOT NULL AND b.period && _period AND b.resource_key = hashtextextended('Schedule/' || _schedule, 0);
  IF lanes IS NOT NULL THEN
    IF cardinality(lanes) + beside >= _capacity THEN
      RETURN NULL;
    END IF;
    SELECT min(free) INTO place FROM generate_series(0, _capacity - 1) free WHERE free <> ALL(lanes);
  END IF;
  INSERT INTO busy (resource, lane, period, appointment, schedule, tentative, expires, named, buffer, kind, places)
  SELECT k, place, _period, _appointment, _schedule, _tentative, _expires, CASE WHEN k = 'Schedule/' || _schedule THEN _named END, _buffer, _kind, _places
  FROM unnest(_keys) k
  UNION ALL SELECT m, 0, _period, _appointment, _schedule, _tentative, _expires, NULL, _buffer, _kind, _places FROM unnest(_members) m
  ON CONFLICT DO NOTHING;
  GET DIAGNOSTICS rows = ROW_COUNT;
  IF rows = cardinality(_keys) + cardinality(_members) THEN
    RETURN place;
  END IF;
  IF rows > 0 THEN
    DELETE FROM busy b WHERE b.appointment = _appointment AND b.schedule = _schedule;
  END IF;
  RETURN NULL;
END $$;

-- Gives the time that is only kept free after others to an appointment of the desk, and answers the seconds that stay free after it;
-- NULL if no such time was in the way. Real time of others is never cut.
CREATE OR REPLACE FUNCTION squeeze_time(_keys text[], _start timestamptz, _end timestamptz, _buffer integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  hashes bigint[] := ARRAY(SELECT hashtextextended(k, 0) FROM unnest(_keys) k);
  next   timestamptz;
  rows   integer;
BEGIN
  UPDATE busy b SET period = tstzrange(lower(b.period), _start),
      buffer = b.buffer - date_part('epoch', upper(b.period) - _start)::integer
    WHERE b.buffer > 0 AND (b.appointment, b.schedule) IN (
      SELECT o.appointment, o.schedule FROM unnest(hashes) h, busy_at(h, tstzrange(_start, _end)) o
      WHERE o.buffer > 0 AND upper(o.period) - make_interval(secs => o.buffer) <= _start);
  GET DIAGNOSTICS rows = ROW_COUNT;
  SELECT min(lower(o.period)) INTO next FROM unnest(hashes) h, busy_at(h, tstzrange(_end, _end + make_interval(secs => _buffer))) o
    WHERE lower(o.period) >= _end;
  IF rows = 0 AND next IS NULL THEN
    RETURN NULL;
  END IF;
  RETURN LEAST(_buffer, COALESCE(date_part('epoch', next - _end)::integer, _buffer));
END $$;

-- Which patients the unit brings to which agenda when, in its order.
CREATE OR REPLACE FUNCTION present_in(unit jsonb)
RETURNS TABLE (n bigint, appointment text, schedule text, period tstzrange, patients text[], overbook boolean) LANGUAGE sql IMMUTABLE AS $$
  SELECT e.n, p.appointment, p.schedule, tstzrange(p.start, p."end"), p.patients, p.overbook
  FROM jsonb_array_elements(unit->'present') WITH ORDINALITY AS e(value, n),
    jsonb_to_record(e.value) AS p(appointment text, schedule text, start timestamptz, "end" timestamptz, patients text[], overbook boolean)
$$;

-- Occupies the present resources of its agendas with an appointment whose time on the agendas themselves stays. Where
-- somebody else has a place of one of them, its time is recorded beside; answers whether that was so. Time that
-- others have recorded beside does not hinder: it was recorded over somebody else's.
CREATE OR REPLACE FUNCTION occupy_anew(_appointment text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  own      record;
  wanted   text[];
  members  text[];
  covered  text[] := '{}';
  rows     integer;
  clashing boolean := false;
BEGIN
  FOR own IN SELECT b.*, a.keys, named_members(a.context, b.named, t.body::json) AS members
             FROM busy b JOIN agenda a ON a.schedule = b.schedule LEFT JOIN appointment t ON t.id = b.appointment
             WHERE b.appointment = _appointment AND b.resource = 'Schedule/' || b.schedule ORDER BY b.schedule COLLATE "C" LOOP
    wanted := ARRAY(SELECT k FROM unnest(own.keys) k WHERE k <> own.resource AND k <> ALL(covered));
    covered := covered || wanted;
    members := ARRAY(SELECT m FROM unnest(own.members) m WHERE m <> ALL(covered));
    covered := covered || members;
    CONTINUE WHEN wanted = '{}' AND members = '{}';
    rows := -1;
    IF own.lane IS NOT NULL THEN
      INSERT INTO busy (resource, lane, period, appointment, schedule, tentative, expires, buffer, kind, places)
      SELECT k, own.lane, own.period, _appointment, own.schedule, own.tentative, own.expires, own.buffer, own.kind, own.places FROM unnest(wanted) k
      UNION ALL
      SELECT m, 0, own.period, _appointment, own.schedule, own.tentative, own.expires, own.buffer, own.kind, own.places FROM unnest(members) m
      ON CONFLICT DO NOTHING;
      GET DIAGNOSTICS rows = ROW_COUNT;
    END IF;
    CONTINUE WHEN rows = cardinality(wanted) + cardinality(members);
    clashing := clashing OR own.lane IS NOT NULL;
    DELETE FROM busy b WHERE b.appointment = _appointment AND b.schedule = own.schedule AND b.resource <> own.resource;
    UPDATE busy SET lane = NULL WHERE id = own.id;
    INSERT INTO busy (resource, lane, period, appointment, schedule, tentative, expires, buffer, kind, places)
    SELECT k, NULL, own.period, _appointment, own.schedule, own.tentative, own.expires, own.buffer, own.kind, own.places FROM unnest(wanted || members) k;
  END LOOP;
  RETURN clashing;
END $$;

CREATE OR REPLACE FUNCTION commit_unit(unit jsonb, puts json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  decided  record;
  holder   record;
  emptied  record;
  presence record;
  visitor  record;
  leaver   record;
  taking   record;
  put      record;
  locked   record;
  wanted   text[];
  shared   text[];
  touched  text[] := '{}';
  occupied text[];
  members  text[];
  covered  text[];
  earlier  text;
  first    text;
  rekeyed  text[];
  others   text[];
  beside   json[] := '{}';
  rows     integer;
  kept     integer;
  place    integer;
  refusal  json;
  lowest   integer := enter_incarnation();
  -- Known before the statements that compare with it: an index serves no comparison with a clock that runs on.
  instant  timestamptz := COALESCE((unit->>'testNow')::timestamptz, clock_timestamp());
BEGIN
  IF lowest > 0 AND EXISTS (SELECT FROM json_to_recordset(puts) AS p(method text, version integer) WHERE method <> 'POST' AND version <= lowest) THEN
    RETURN json_build_object('stale', json_build_object(), 'floor', lowest);
  END IF;
  IF unit ? 'request' THEN
    PERFORM pg_advisory_xact_lock(hashtextextended(unit->>'request', 21));
    IF EXISTS (SELECT FROM settled_request WHERE id = (unit->>'request')::uuid) THEN
      RETURN json_build_object('void', true);
    END IF;
  END IF;
  IF unit ? 'conditions' THEN
    FOR decided IN SELECT * FROM jsonb_to_recordset(unit->'conditions') AS c(criterion text, writes bigint) ORDER BY criterion LOOP
      PERFORM pg_advisory_xact_lock(hashtextextended(decided.criterion, 20));
      IF (SELECT COALESCE(max(writes), 0) FROM condition WHERE criterion = decided.criterion) <> decided.writes THEN
        RETURN json_build_object('stale', decided);
      END IF;
    END LOOP;
  END IF;

  -- Lock every agenda that shares a resource with the ones concerned, so that siblings of one person wait too.
  IF unit ? 'agendas' THEN
    SELECT array_agg(schedule) INTO wanted FROM jsonb_to_recordset(unit->'agendas') AS a(schedule text);
    -- The keys of an agenda begin with itself, so this finds the wanted ones too; one condition, so that the index serves it.
    SELECT array_agg(DISTINCT k) INTO shared FROM agenda b, unnest(b.keys || members_of(b.context)) k WHERE b.schedule = ANY(wanted);
    IF unit ? 'schedules' THEN
      shared := shared || ARRAY(SELECT jsonb_array_elements_text(s->'keys') FROM jsonb_array_elements(unit->'schedules') s)
        || ARRAY(SELECT unnest(members_of(s->>'context')) FROM jsonb_array_elements(unit->'schedules') s);
    END IF;
    FOR locked IN
      SELECT a.schedule, a.version, a.deleted FROM agenda a WHERE a.keys && shared
      ORDER BY a.schedule FOR NO KEY UPDATE OF a
    LOOP
      touched := touched || locked.schedule;
      IF locked.schedule = ANY(wanted) AND EXISTS (
        SELECT FROM jsonb_to_recordset(unit->'agendas') AS a(schedule text, version integer)
        WHERE a.schedule = locked.schedule AND (a.version <> locked.version OR (a.version IS NOT NULL AND locked.deleted))
      ) THEN
        RETURN json_build_object('stale', json_build_object('type', 'Schedule', 'id', locked.schedule));
      END IF;
    END LOOP;
    -- While this commit waited, an agenda may have come to share a resource with others, which are not locked then.
    SELECT json_build_object('stale', json_build_object('type', 'Schedule', 'id', a.schedule)) INTO refusal
      FROM agenda a WHERE a.schedule = ANY(wanted) AND NOT (a.keys || members_of(a.context)) <@ shared LIMIT 1;
    IF refusal IS NOT NULL THEN
      RETURN refusal;
    END IF;
    -- Two teams of one person share no key, so that the person is locked.
    PERFORM pg_advisory_xact_lock(hashtextextended(m, 24))
      FROM (SELECT DISTINCT unnest(members_of(a.context)) AS m FROM agenda a WHERE a.schedule = ANY(wanted) ORDER BY 1) team;
  END IF;

  BEGIN  -- from here on a refusal undoes what was written
    IF unit ? 'keys' THEN
      FOR holder IN SELECT * FROM jsonb_to_recordset(unit->'keys') AS k(type text, id text, values jsonb) LOOP
        DELETE FROM business_key WHERE type = holder.type AND id = holder.id;
        INSERT INTO business_key (type, system, value, id)
        SELECT holder.type, k->>0, k->>1, holder.id FROM jsonb_array_elements(holder.values) k
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS rows = ROW_COUNT;
        IF rows < jsonb_array_length(holder.values) THEN
          refusal := json_build_object('duplicate', holder);
          RAISE SQLSTATE 'CR409';
        END IF;
      END LOOP;
    END IF;

    IF unit ? 'release' THEN
      DELETE FROM busy WHERE appointment IN (SELECT jsonb_array_elements_text(unit->'release'));
    END IF;
    IF wanted IS NOT NULL THEN
      DELETE FROM busy WHERE expires <= instant AND resource = ANY(shared);
    END IF;

    IF unit ? 'idle' THEN
      FOR emptied IN SELECT * FROM jsonb_to_recordset(unit->'idle') AS i(schedule text, after timestamptz) LOOP
        IF EXISTS (SELECT FROM busy_at(hashtextextended('Schedule/' || emptied.schedule, 0), tstzrange(emptied.after, NULL))) THEN
          refusal := json_build_object('occupied', emptied);
          RAISE SQLSTATE 'CR409';
        END IF;
      END LOOP;
    END IF;

    IF unit ? 'schedules' THEN
      SELECT array_agg(s.schedule) INTO rekeyed
        FROM jsonb_to_recordset(unit->'schedules') AS s(schedule text, keys text[], context text, deleted boolean) JOIN agenda a ON a.schedule = s.schedule
        WHERE (a.keys <> s.keys OR a.context::jsonb->'members' IS DISTINCT FROM s.context::jsonb->'members') AND NOT s.deleted;
      -- A program of an older level does not say by which rule it computed the keys: they are computed again.
      INSERT INTO agenda (schedule, code, version, keys, context, deleted, key_rule)
      SELECT schedule, code, version, keys, context, deleted, COALESCE("keyRule", 0)
      FROM jsonb_to_recordset(unit->'schedules') AS s(schedule text, code text, version integer, keys text[], context text, deleted boolean, "keyRule" integer)
      ON CONFLICT (schedule) DO UPDATE
        SET version = excluded.version, keys = excluded.keys, context = excluded.context, deleted = excluded.deleted, key_rule = excluded.key_rule,
            changes = agenda.changes + 1;
    END IF;
    -- The appointments of an agenda whose actors have changed occupy the new ones. Clashes of the past are kept.
    IF rekeyed IS NOT NULL THEN
      SELECT array_agg(appointment ORDER BY id) INTO others
        FROM (SELECT b.appointment, min(b.id) AS id FROM unnest(rekeyed) r, busy_at(hashtextextended('Schedule/' || r, 0), tstzrange(NULL, NULL)) b
              GROUP BY b.appointment) a;
      IF others IS NOT NULL THEN
        DELETE FROM busy b WHERE b.appointment = ANY(others) AND b.resource <> 'Schedule/' || b.schedule;
        others := ARRAY(SELECT o FROM unnest(others) WITH ORDINALITY AS u(o, n) WHERE occupy_anew(o) ORDER BY n);
        others := ARRAY(SELECT DISTINCT b.appointment FROM busy b JOIN appointment t ON t.id = b.appointment WHERE b.appointment = ANY(others)
          AND upper(b.period) > instant
          -- An overbooking is recorded beside, whether or not it has had a place until now.
          AND NOT COALESCE(t.body::jsonb->'extension' @> '[{"url": "urn:creneau:fhir:overbooking", "valueBoolean": true}]', false));
        IF others <> '{}' AND NOT unit ? 'keepClashes' THEN
          refusal := json_build_object('clash', json_build_object('schedule', rekeyed[1], 'appointments', others));
          RAISE SQLSTATE 'CR409';
        END IF;
      END IF;
    END IF;

    -- One patient, one place: no second appointment on one agenda at an overlapping time.
    IF unit ? 'present' THEN
      FOR presence IN SELECT * FROM present_in(unit) p WHERE p.patients <> '{}' AND NOT p.overbook ORDER BY p.n LOOP
        SELECT e.appointment INTO first FROM present_in(unit) e
          WHERE e.n < presence.n AND e.appointment <> presence.appointment AND e.schedule = presence.schedule
            AND e.period && presence.period AND e.patients && presence.patients ORDER BY e.n LIMIT 1;
        IF first IS NULL THEN
          SELECT b.appointment INTO first FROM busy_at(hashtextextended('Schedule/' || presence.schedule, 0), presence.period) b
              JOIN appointment a ON a.id = b.appointment
            WHERE b.expires IS NULL AND upper(b.period) - make_interval(secs => b.buffer) > lower(presence.period)
              AND b.appointment NOT IN (SELECT e.appointment FROM present_in(unit) e) AND EXISTS (
              SELECT FROM json_array_elements(a.body::json->'participant') j
              WHERE regexp_replace(j->'actor'->>'reference', '/_history/.*', '') = ANY(presence.patients) AND j->>'status' IS DISTINCT FROM 'declined')
            ORDER BY b.id LIMIT 1;
        END IF;
        IF first IS NOT NULL THEN
          refusal := json_build_object('twice',
            json_build_object('appointment', presence.appointment, 'schedule', presence.schedule, 'first', first));
          RAISE SQLSTATE 'CR409';
        END IF;
      END LOOP;
      -- Nobody books for a patient who is deleted at this moment (`leaving` below).
      FOR visitor IN SELECT DISTINCT q AS patient FROM present_in(unit) p, unnest(p.patients) q ORDER BY q LOOP
        PERFORM pg_advisory_xact_lock_shared(hashtextextended(visitor.patient, 22));
        IF EXISTS (SELECT FROM patient t WHERE t.id = split_part(visitor.patient, '/', 2) AND t.deleted) THEN
          refusal := json_build_object('stale', json_build_object('type', 'Patient', 'id', split_part(visitor.patient, '/', 2)));
          RAISE SQLSTATE 'CR409';
        END IF;
      END LOOP;
    END IF;

    IF unit ? 'leaving' THEN
      FOR leaver IN SELECT l AS patient FROM jsonb_array_elements_text(unit->'leaving') l ORDER BY l LOOP
        PERFORM pg_advisory_xact_lock(hashtextextended(leaver.patient, 22));
      END LOOP;
    END IF;

    IF unit ? 'take' THEN
      FOR taking IN SELECT * FROM jsonb_to_recordset(unit->'take')
          AS t(appointment text, schedule text, start timestamptz, "end" timestamptz, capacity integer, overbook boolean, tentative boolean, expires timestamptz, named text[],
               buffer integer, kind text, places integer, squeeze boolean) LOOP
        SELECT a.keys, named_members(a.context, taking.named, (SELECT p.body::json FROM json_to_recordset(puts) AS p(type text, id text, body text)
                                                              WHERE p.type = 'Appointment' AND p.id = taking.appointment))
          INTO occupied, members FROM agenda a WHERE a.schedule = taking.schedule;
        -- Of two agendas of one appointment that share a resource, the first takes it.
        IF taking.appointment IS DISTINCT FROM earlier THEN
          covered := '{}';
        END IF;
        earlier := taking.appointment;
        occupied := ARRAY(SELECT k FROM unnest(occupied) k WHERE k <> ALL(covered));
        covered := covered || occupied;
        members := ARRAY(SELECT m FROM unnest(members) m WHERE m <> ALL(covered));
        covered := covered || members;
        kept := COALESCE(taking.buffer, 0);
        place := place_time(taking.appointment, taking.schedule, occupied, members, taking.named,
                            tstzrange(taking.start, taking."end" + make_interval(secs => kept)), taking.capacity, COALESCE(taking.tentative, false),
                            taking.expires, kept, taking.kind, taking.places);
        IF place IS NULL AND taking.squeeze THEN
          kept := squeeze_time(occupied || members, taking.start, taking."end", kept);
          IF kept IS NOT NULL THEN
            place := place_time(taking.appointment, taking.schedule, occupied, members, taking.named,
                                tstzrange(taking.start, taking."end" + make_interval(secs => kept)), taking.capacity, COALESCE(taking.tentative, false),
                                taking.expires, kept, taking.kind, taking.places);
          END IF;
        END IF;
        IF place IS NULL THEN
          IF NOT taking.overbook THEN
            refusal := json_build_object('taken', taking, 'members', ARRAY(
              SELECT m FROM unnest(members) m WHERE EXISTS (SELECT FROM busy_at(hashtextextended(m, 0), tstzrange(taking.start, taking."end")))));
            RAISE SQLSTATE 'CR409';
          END IF;
          -- Nothing is kept free after an overbooking.
          INSERT INTO busy (resource, lane, period, appointment, schedule, tentative, expires, named, kind, places)
          SELECT k, NULL, tstzrange(taking.start, taking."end"), taking.appointment, taking.schedule, COALESCE(taking.tentative, false), taking.expires,
            CASE WHEN k = 'Schedule/' || taking.schedule THEN taking.named END, taking.kind, taking.places
          FROM unnest(occupied || members) k;
          beside := beside || json_build_object('appointment', taking.appointment, 'schedule', taking.schedule);
        END IF;
      END LOOP;
    END IF;

    FOR put IN SELECT * FROM json_to_recordset(puts) AS p(type text, method text, id text, version integer, updated_at timestamptz, body text, search json, shape text, agendas text[], content json) LOOP
      -- An appointment that no longer takes time on any agenda still concerns those of its last version.
      INSERT INTO history (type, id, version, method, at, body, agendas, author, request)
      VALUES (put.type, put.id, put.version, put.method, put.updated_at, put.body,
              COALESCE(put.agendas, (SELECT agendas FROM history WHERE type = put.type AND id = put.id AND version < put.version ORDER BY version DESC LIMIT 1)),
              unit->>'author', (unit->>'request')::uuid)
      ON CONFLICT DO NOTHING;
      IF NOT FOUND OR NOT put_resource(put.type, put.id, put.version, put.updated_at, put.body, put.search, put.shape) THEN
        refusal := json_build_object('stale', json_build_object('type', put.type, 'id', put.id));
        RAISE SQLSTATE 'CR409';
      END IF;
      -- The octets of an attachment lie apart, once: deleting it erases them (ADR 0031).
      IF put.type = 'Binary' THEN
        IF put.body IS NULL THEN
          DELETE FROM binary_content WHERE id = put.id;
        ELSE
          INSERT INTO binary_content (id, appointment, octets)
          VALUES (put.id, put.content->>'appointment', decode(put.content->>'data', 'base64'))
          ON CONFLICT (id) DO UPDATE SET octets = excluded.octets;
        END IF;
      END IF;
    END LOOP;

    IF unit ? 'practices' THEN
      INSERT INTO patient_practice (patient, practice)
      SELECT patient, practice FROM jsonb_to_recordset(unit->'practices') AS p(patient text, practice text[])
      ON CONFLICT (patient) DO UPDATE SET practice = excluded.practice;
    END IF;

    IF unit ? 'request' AND json_array_length(puts) = 0 THEN
      DELETE FROM settled_request WHERE id IN (
        SELECT id FROM settled_request WHERE at < now() - interval '1 day' LIMIT 100 FOR UPDATE SKIP LOCKED);
      INSERT INTO settled_request (id, done) VALUES ((unit->>'request')::uuid, true);
    END IF;
    IF unit ? 'idempotency' AND json_array_length(puts) > 0 THEN
      UPDATE idempotency i SET committed = i.committed || (SELECT array_agg(concat(p.type, '/', p.id, '/_history/', p.version))
                                                           FROM json_to_recordset(puts) AS p(type text, id text, version integer))
        FROM jsonb_to_record(unit->'idempotency') AS own(caller text, key text, attempt integer)
        WHERE i.caller = own.caller AND i.key = own.key AND i.attempt = own.attempt AND i.status IS NULL;
      IF NOT FOUND THEN
        refusal := json_build_object('overtaken', true);
        RAISE SQLSTATE 'CR409';
      END IF;
    END IF;

    IF unit ? 'leaving' THEN
      FOR leaver IN SELECT l AS patient FROM jsonb_array_elements_text(unit->'leaving') l LOOP
        IF EXISTS (SELECT FROM appointment a WHERE a.patient && ARRAY[leaver.patient] AND NOT a.deleted
            AND a.body::json->>'status' IN ('pending', 'booked', 'arrived', 'checked-in')
            AND (a.body::json->>'end')::timestamptz > instant) THEN
          refusal := json_build_object('occupied', leaver);
          RAISE SQLSTATE 'CR409';
        END IF;
      END LOOP;
    END IF;

    IF touched <> '{}' THEN
      UPDATE agenda SET changes = changes + 1 WHERE schedule = ANY(touched);
    END IF;

    IF unit ? 'conditions' THEN
      DELETE FROM condition WHERE criterion IN (
        SELECT criterion FROM condition WHERE at < now() - interval '10 minutes' LIMIT 100 FOR UPDATE SKIP LOCKED);
      INSERT INTO condition (criterion, writes)
      SELECT criterion, 1 FROM jsonb_to_recordset(unit->'conditions') AS c(criterion text)
      ON CONFLICT (criterion) DO UPDATE SET writes = condition.writes + 1, at = now();
    END IF;

    IF unit ? 'outbox' THEN
      INSERT INTO outbox (destination, ordering_key, payload, next_attempt_at)
      SELECT destination, "orderingKey", payload, COALESCE("notBefore", now())
      FROM jsonb_to_recordset(unit->'outbox') AS o(destination text, "orderingKey" text, payload text, "notBefore" timestamptz);
    END IF;
    -- Last, so that whoever waits for a new month waits for nothing else of this commit.
    IF unit ? 'audit' THEN
      PERFORM audit_append((unit->'audit')::json);
    END IF;
  EXCEPTION WHEN SQLSTATE 'CR409' THEN
    RETURN refusal;
  END;
  RETURN CASE WHEN cardinality(beside) = 0 THEN json_build_object('ok', true) ELSE json_build_object('ok', true, 'beside', beside) END;
END $$;
