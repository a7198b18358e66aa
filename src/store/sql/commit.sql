-- The one way to write. A unit of work (see ../unit.ts) is applied whole or not at all, in one call:
-- locks first and always in the same order (criteria, agendas by id, versions), then time, then resources.
-- `unit` is small and read many times: jsonb. `puts` holds the resources, each read once: json, as text.
-- Answers {"ok":true}, or says why not, with nothing written:
--   {"stale": ...}      somebody else wrote first: read again and decide again
--   {"taken": ...}      the time is not free
--   {"duplicate": ...}  the business identifier belongs to another resource
--   {"occupied": ...}   the agenda still has appointments after the given instant
--   {"void": true}       the id of this commit was declared void, because its answer was lost
--   {"overtaken": true}  another process has taken the request over, whose idempotency key it carries
CREATE OR REPLACE FUNCTION commit_unit(unit jsonb, puts json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  one      record;
  locked   record;
  wanted   text[];
  shared   text[];
  touched  text[] := '{}';
  occupied text[];
  rows     integer;
  placed   boolean;
  refusal  json;
BEGIN
  IF unit ? 'request' THEN
    PERFORM pg_advisory_xact_lock(hashtextextended(unit->>'request', 21));
    IF EXISTS (SELECT FROM void_request WHERE id = (unit->>'request')::uuid) THEN
      RETURN json_build_object('void', true);
    END IF;
  END IF;
  IF unit ? 'conditions' THEN
    FOR one IN SELECT * FROM jsonb_to_recordset(unit->'conditions') AS c(criterion text, writes bigint) ORDER BY criterion LOOP
      PERFORM pg_advisory_xact_lock(hashtextextended(one.criterion, 20));
      IF (SELECT COALESCE(max(writes), 0) FROM condition WHERE criterion = one.criterion) <> one.writes THEN
        RETURN json_build_object('stale', one);
      END IF;
    END LOOP;
  END IF;

  -- Lock every agenda that shares a resource with the ones concerned, so that siblings of one person wait too.
  IF unit ? 'agendas' THEN
    SELECT array_agg(schedule) INTO wanted FROM jsonb_to_recordset(unit->'agendas') AS a(schedule text);
    -- The keys of an agenda begin with itself, so this finds the wanted ones too; one condition, so that the index serves it.
    SELECT array_agg(DISTINCT k) INTO shared FROM agenda b, unnest(b.keys) k WHERE b.schedule = ANY(wanted);
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
  END IF;

  BEGIN  -- from here on a refusal undoes what was written
    IF unit ? 'keys' THEN
      FOR one IN SELECT * FROM jsonb_to_recordset(unit->'keys') AS k(type text, id text, values jsonb) LOOP
        DELETE FROM business_key WHERE type = one.type AND id = one.id;
        INSERT INTO business_key (type, system, value, id)
        SELECT one.type, k->>0, k->>1, one.id FROM jsonb_array_elements(one.values) k
        ON CONFLICT DO NOTHING;
        GET DIAGNOSTICS rows = ROW_COUNT;
        IF rows < jsonb_array_length(one.values) THEN
          refusal := json_build_object('duplicate', one);
          RAISE SQLSTATE 'CR409';
        END IF;
      END LOOP;
    END IF;

    IF unit ? 'release' THEN
      DELETE FROM busy WHERE appointment IN (SELECT jsonb_array_elements_text(unit->'release'));
    END IF;
    IF wanted IS NOT NULL THEN
      DELETE FROM busy b USING agenda a
        WHERE b.expires IS NOT NULL AND b.expires <= COALESCE((unit->>'testNow')::timestamptz, clock_timestamp()) AND a.schedule = ANY(wanted) AND b.resource = ANY(a.keys);
    END IF;

    IF unit ? 'idle' THEN
      FOR one IN SELECT * FROM jsonb_to_recordset(unit->'idle') AS i(schedule text, after timestamptz) LOOP
        IF EXISTS (SELECT FROM busy b WHERE b.resource_key = hashtextextended('Schedule/' || one.schedule, 0)
                     AND b.period && tstzrange(one.after, NULL)) THEN
          refusal := json_build_object('occupied', one);
          RAISE SQLSTATE 'CR409';
        END IF;
      END LOOP;
    END IF;

    IF unit ? 'schedules' THEN
      INSERT INTO agenda (schedule, code, version, keys, context, deleted)
      SELECT schedule, code, version, keys, context, deleted
      FROM jsonb_to_recordset(unit->'schedules') AS s(schedule text, code text, version integer, keys text[], context text, deleted boolean)
      ON CONFLICT (schedule) DO UPDATE
        SET version = excluded.version, keys = excluded.keys, context = excluded.context, deleted = excluded.deleted, changes = agenda.changes + 1;
    END IF;

    IF unit ? 'take' THEN
      FOR one IN SELECT * FROM jsonb_to_recordset(unit->'take')
          AS t(appointment text, schedule text, start timestamptz, "end" timestamptz, capacity integer, overbook boolean, tentative boolean, expires timestamptz) LOOP
        placed := false;
        IF one.overbook THEN
          INSERT INTO busy (resource, lane, period, appointment, schedule, tentative)
          SELECT k, NULL, tstzrange(one.start, one."end"), one.appointment, a.schedule, COALESCE(one.tentative, false)
          FROM agenda a, unnest(a.keys) k WHERE a.schedule = one.schedule;
          placed := true;
        ELSE
          SELECT keys INTO occupied FROM agenda WHERE schedule = one.schedule;
          FOR place IN 0 .. one.capacity - 1 LOOP
            INSERT INTO busy (resource, lane, period, appointment, schedule, tentative, expires)
            SELECT k, place, tstzrange(one.start, one."end"), one.appointment, one.schedule, COALESCE(one.tentative, false), one.expires
            FROM unnest(occupied) k
            ON CONFLICT DO NOTHING;
            GET DIAGNOSTICS rows = ROW_COUNT;
            IF rows > 0 AND rows = cardinality(occupied) THEN
              placed := true;
              EXIT;
            END IF;
            IF rows > 0 THEN
              DELETE FROM busy b WHERE b.appointment = one.appointment AND b.schedule = one.schedule
                AND b.lane = place AND b.period = tstzrange(one.start, one."end");
            END IF;
          END LOOP;
        END IF;
        IF NOT placed THEN
          refusal := json_build_object('taken', one);
          RAISE SQLSTATE 'CR409';
        END IF;
      END LOOP;
    END IF;

    FOR one IN SELECT * FROM json_to_recordset(puts) AS p(type text, method text, id text, version integer, updated_at timestamptz, body text, search json, shape text, agendas text[]) LOOP
      -- What no longer takes time on any agenda still concerns those of its last version.
      INSERT INTO history (type, id, version, method, at, body, agendas, request)
      VALUES (one.type, one.id, one.version, one.method, one.updated_at, one.body,
              COALESCE(one.agendas, (SELECT agendas FROM history WHERE type = one.type AND id = one.id AND version = one.version - 1)),
              (unit->>'request')::uuid)
      ON CONFLICT DO NOTHING;
      IF NOT FOUND OR NOT put_resource(one.type, one.id, one.version, one.updated_at, one.body, one.search, one.shape) THEN
        refusal := json_build_object('stale', json_build_object('type', one.type, 'id', one.id));
        RAISE SQLSTATE 'CR409';
      END IF;
    END LOOP;

    IF unit ? 'idempotency' THEN
      UPDATE idempotency i SET committed = i.committed || (SELECT array_agg(concat(p.type, '/', p.id, '/_history/', p.version))
                                                           FROM json_to_recordset(puts) AS p(type text, id text, version integer))
        FROM jsonb_to_record(unit->'idempotency') AS own(caller text, key text, attempt integer)
        WHERE i.caller = own.caller AND i.key = own.key AND i.attempt = own.attempt AND i.status IS NULL;
      IF NOT FOUND THEN
        refusal := json_build_object('overtaken', true);
        RAISE SQLSTATE 'CR409';
      END IF;
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
  EXCEPTION WHEN SQLSTATE 'CR409' THEN
    RETURN refusal;
  END;
  RETURN json_build_object('ok', true);
END $$;
