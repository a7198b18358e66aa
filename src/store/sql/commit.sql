-- The one way to write. A unit of work (JSON, see ../unit.ts) is applied whole or not at all, in one call:
-- locks first and always in the same order (criteria, agendas by id, versions), then time, then resources.
-- Answers {"ok":true}, or says why not, with nothing written:
--   {"stale": ...}      somebody else wrote first: read again and decide again
--   {"taken": ...}      the time is not free
--   {"duplicate": ...}  the business identifier belongs to another resource
--   {"occupied": ...}   the agenda still has appointments after the given instant
CREATE OR REPLACE FUNCTION commit_unit(unit json) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  one      json;
  locked   record;
  wanted   text[];
  shared   text[];
  touched  text[] := '{}';
  rows     integer;
  placed   boolean;
  refusal  text;
BEGIN
  FOR one IN SELECT value FROM json_array_elements(unit->'conditions') AS c(value) ORDER BY c.value->>'criterion' LOOP
    PERFORM pg_advisory_xact_lock(hashtextextended(one->>'criterion', 20));
    IF (SELECT COALESCE(max(writes), 0) FROM condition WHERE criterion = one->>'criterion') <> (one->>'writes')::bigint THEN
      RETURN json_build_object('stale', one);
    END IF;
  END LOOP;

  -- Lock every agenda that shares a resource with the ones concerned, so that siblings of one person wait too.
  SELECT array_agg(e->>'schedule') INTO wanted FROM json_array_elements(unit->'agendas') e;
  IF wanted IS NOT NULL THEN
    -- The keys of an agenda begin with itself, so this finds the wanted ones too; one condition, so that the index serves it.
    SELECT array_agg(DISTINCT k) INTO shared FROM agenda b, unnest(b.keys) k WHERE b.schedule = ANY(wanted);
    FOR locked IN
      SELECT a.schedule, a.version, a.deleted FROM agenda a WHERE a.keys && shared
      ORDER BY a.schedule FOR NO KEY UPDATE OF a
    LOOP
      touched := touched || locked.schedule;
      FOR one IN SELECT e FROM json_array_elements(unit->'agendas') e
                 WHERE e->>'schedule' = locked.schedule AND e->>'version' IS NOT NULL LOOP
        IF (one->>'version')::integer <> locked.version OR locked.deleted THEN
          RETURN json_build_object('stale', json_build_object('type', 'Schedule', 'id', locked.schedule));
        END IF;
      END LOOP;
    END LOOP;
  END IF;

  BEGIN  -- from here on a refusal undoes what was written
    FOR one IN SELECT value FROM json_array_elements(unit->'keys') LOOP
      DELETE FROM business_key WHERE type = one->>'type' AND id = one->>'id';
      INSERT INTO business_key (type, system, value, id)
      SELECT one->>'type', k->>0, k->>1, one->>'id' FROM json_array_elements(one->'values') k
      ON CONFLICT DO NOTHING;
      GET DIAGNOSTICS rows = ROW_COUNT;
      IF rows < json_array_length(one->'values') THEN
        refusal := json_build_object('duplicate', one)::text;
        RAISE SQLSTATE 'CR409';
      END IF;
    END LOOP;

    DELETE FROM busy WHERE appointment IN (SELECT e #>> '{}' FROM json_array_elements(unit->'release') e);
    IF wanted IS NOT NULL THEN
      DELETE FROM busy b USING agenda a
        WHERE b.expires IS NOT NULL AND b.expires < clock_timestamp() AND a.schedule = ANY(wanted) AND b.resource = ANY(a.keys);
    END IF;

    FOR one IN SELECT value FROM json_array_elements(unit->'idle') LOOP
      IF EXISTS (SELECT FROM busy b WHERE b.resource = 'Schedule/' || (one->>'schedule')
                   AND b.period && tstzrange((one->>'after')::timestamptz, NULL)) THEN
        refusal := json_build_object('occupied', one)::text;
        RAISE SQLSTATE 'CR409';
      END IF;
    END LOOP;

    INSERT INTO agenda (schedule, code, version, keys, context, deleted)
    SELECT e->>'schedule', e->>'code', (e->>'version')::integer,
           ARRAY(SELECT json_array_elements_text(e->'keys')), e->>'context', (e->>'deleted')::boolean
    FROM json_array_elements(unit->'schedules') e
    ON CONFLICT (schedule) DO UPDATE
      SET version = excluded.version, keys = excluded.keys, context = excluded.context, deleted = excluded.deleted, changes = agenda.changes + 1;

    FOR one IN SELECT value FROM json_array_elements(unit->'take') LOOP
      placed := false;
      IF (one->>'overbook')::boolean THEN
        INSERT INTO busy (resource, lane, period, appointment, schedule, tentative)
        SELECT k, NULL, tstzrange((one->>'start')::timestamptz, (one->>'end')::timestamptz), one->>'appointment',
               a.schedule, COALESCE((one->>'tentative')::boolean, false)
        FROM agenda a, unnest(a.keys) k WHERE a.schedule = one->>'schedule';
        placed := true;
      ELSE
        FOR place IN 0 .. (one->>'capacity')::integer - 1 LOOP
          INSERT INTO busy (resource, lane, period, appointment, schedule, tentative, expires)
          SELECT k, place, tstzrange((one->>'start')::timestamptz, (one->>'end')::timestamptz), one->>'appointment',
                 a.schedule, COALESCE((one->>'tentative')::boolean, false), (one->>'expires')::timestamptz
          FROM agenda a, unnest(a.keys) k WHERE a.schedule = one->>'schedule'
          ON CONFLICT DO NOTHING;
          GET DIAGNOSTICS rows = ROW_COUNT;
          IF rows > 0 AND rows = (SELECT cardinality(keys) FROM agenda WHERE schedule = one->>'schedule') THEN
            placed := true;
            EXIT;
          END IF;
          DELETE FROM busy b WHERE b.appointment = one->>'appointment' AND b.schedule = one->>'schedule'
            AND b.lane = place
            AND b.period = tstzrange((one->>'start')::timestamptz, (one->>'end')::timestamptz);
        END LOOP;
      END IF;
      IF NOT placed THEN
        refusal := json_build_object('taken', one)::text;
        RAISE SQLSTATE 'CR409';
      END IF;
    END LOOP;

    FOR one IN SELECT value FROM json_array_elements(unit->'puts') LOOP
      INSERT INTO history (type, id, version, method, at, body)
      VALUES (one->>'type', one->>'id', (one->>'version')::integer, one->>'method', (one->>'at')::timestamptz,
              one->>'body')
      ON CONFLICT DO NOTHING;
      IF NOT FOUND THEN
        refusal := json_build_object('stale', json_build_object('type', one->>'type', 'id', one->>'id'))::text;
        RAISE SQLSTATE 'CR409';
      END IF;
      EXECUTE format('SELECT %I($1)', 'put_' || lower(one->>'type')) USING one->'row';
    END LOOP;

    UPDATE agenda SET changes = changes + 1 WHERE schedule = ANY(touched);

    FOR one IN SELECT value FROM json_array_elements(unit->'conditions') LOOP
      DELETE FROM condition WHERE criterion IN (
        SELECT criterion FROM condition WHERE at < now() - interval '10 minutes' LIMIT 100 FOR UPDATE SKIP LOCKED);
      INSERT INTO condition (criterion, writes) VALUES (one->>'criterion', 1)
      ON CONFLICT (criterion) DO UPDATE SET writes = condition.writes + 1, at = now();
    END LOOP;

    INSERT INTO outbox (destination, ordering_key, payload, next_attempt_at)
    SELECT e->>'destination', e->>'orderingKey', e->>'payload', COALESCE((e->>'notBefore')::timestamptz, now()) FROM json_array_elements(unit->'outbox') e;
  EXCEPTION WHEN SQLSTATE 'CR409' THEN
    RETURN refusal::json;
  END;
  RETURN json_build_object('ok', true);
END $$;
