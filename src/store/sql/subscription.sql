-- Follows a Subscription as it was written: from the change that made it on, every change counts. One that asks to begin is sent a handshake first.
CREATE OR REPLACE FUNCTION settle_subscription(s_id text, s_version integer, s_status text, s_topic text, s_schedules text[], s_heartbeat integer, s_appointments text[]) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  started bigint;
BEGIN
  SELECT seq INTO started FROM feed WHERE type = 'Subscription' AND id = s_id AND version = s_version;
  IF started IS NULL AND EXISTS (SELECT FROM history h, feed_mark m WHERE h.type = 'Subscription' AND h.id = s_id AND h.version = s_version AND h.txid >= m.since) THEN
    RETURN;  -- not numbered yet, and nor is what came before it: to be asked again
  END IF;
  INSERT INTO subscription_state (id, version, status, topic, schedules, handled, heartbeat, appointments)
  VALUES (s_id, s_version, s_status, s_topic, s_schedules, COALESCE(started, (SELECT seq FROM feed_mark)), s_heartbeat, s_appointments)
  ON CONFLICT (id) DO UPDATE
    SET version = excluded.version, status = excluded.status, topic = excluded.topic, schedules = excluded.schedules, heartbeat = excluded.heartbeat, appointments = excluded.appointments, told_at = now()
    WHERE subscription_state.version < excluded.version;
  IF FOUND AND s_status = 'requested' THEN
    INSERT INTO outbox (destination, ordering_key, payload)
    SELECT 'subscription:' || s_id, s_id, json_build_object('type', 'handshake', 'version', s_version)::text;
  END IF;
END $$;

-- The keys by which a subscription may follow this version of an appointment: those that it has, and those of the version before,
-- so that its loss is told too.
CREATE OR REPLACE FUNCTION subscription_keys(_id text, _version integer) RETURNS SETOF text LANGUAGE sql STABLE AS $$
  WITH known AS (
    SELECT body::json AS body FROM history
      WHERE type = 'Appointment' AND id = _id AND version <= _version AND body IS NOT NULL ORDER BY version DESC LIMIT 2)
  SELECT 'identifier ' || COALESCE(i->>'system', '') || '|' || (i->>'value') FROM known, json_array_elements(body->'identifier') i
  UNION ALL
  SELECT 'operator ' || key
    FROM (
      SELECT e->'valueReference' AS operator FROM known, json_array_elements(body->'extension') e
        WHERE e->>'url' ~ '/StructureDefinition/(fr-core-appointment-operator|FrAppointmentOperator)$'
      UNION ALL
      SELECT p->'actor' FROM known, json_array_elements(body->'participant') p
        WHERE EXISTS (SELECT FROM json_array_elements(p->'type') t, json_array_elements(t->'coding') c WHERE c->>'code' = 'ENT')) o,
      LATERAL (VALUES (operator->>'reference'),
        (COALESCE(operator->'identifier'->>'system', '') || '|' || (operator->'identifier'->>'value'))) k (key)
    WHERE key IS NOT NULL
  UNION ALL
  SELECT 'patient ' || (p->'actor'->>'reference') FROM known, json_array_elements(body->'participant') p
$$;

-- Makes events of the changes that a subscription has not looked at, at most `most` changes; answers how many it looked at. Events and the messages
-- that carry them (twenty at most in each) are one commit; whoever else dispatches the same subscription waits, and then finds it done.
CREATE OR REPLACE FUNCTION dispatch_events(s_id text, most integer) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  s    subscription_state;
  last bigint;
  seen integer;
  made integer;
BEGIN
  SELECT * INTO s FROM subscription_state WHERE id = s_id FOR NO KEY UPDATE;
  IF NOT FOUND OR s.status = 'off' THEN RETURN 0; END IF;
  SELECT count(*), max(seq) INTO seen, last FROM (SELECT seq FROM feed WHERE seq > s.handled ORDER BY seq LIMIT most) f;
  IF seen = 0 THEN RETURN 0; END IF;
  WITH changed AS (
    SELECT f.seq, f.type, f.id, f.version, ARRAY(SELECT a.schedule FROM feed_agenda a WHERE a.seq = f.seq) AS agendas
    FROM feed f WHERE f.seq > s.handled AND f.seq <= last AND f.type IN ('Schedule', 'Slot', 'Appointment')
  ), found AS (
    SELECT seq, 'Schedule/' || id AS focus, version FROM changed
      WHERE s.topic = 'schedule' AND type = 'Schedule' AND (s.schedules IS NULL OR id = ANY(s.schedules))
    UNION ALL
    SELECT seq, 'Appointment/' || id, version FROM changed
      WHERE s.topic = 'appointment' AND type = 'Appointment' AND (COALESCE(agendas && s.schedules, s.appointments IS NULL)
        OR s.appointments IS NOT NULL AND EXISTS (SELECT FROM subscription_keys(id, version) key WHERE key = ANY(s.appointments)))
    UNION ALL
    -- Free time moves on every agenda that shares a person, a room or a device.
    SELECT DISTINCT c.seq, 'Schedule/' || b.schedule, NULL::integer FROM changed c
      JOIN agenda a ON a.schedule = ANY(c.agendas) JOIN agenda b ON b.keys && a.keys
      WHERE s.topic = 'availability' AND (s.schedules IS NULL OR b.schedule = ANY(s.schedules))
  ), events AS (
    INSERT INTO subscription_event (subscription, number, seq, at, focus, version)
    SELECT s_id, s.events + row_number() OVER (ORDER BY seq, focus), seq, now(), focus, version FROM found
    RETURNING number
  ), sent AS (
    INSERT INTO outbox (destination, ordering_key, payload)
    SELECT 'subscription:' || s_id, s_id, json_build_object('type', 'event-notification', 'from', min(number), 'to', max(number))::text
    FROM events WHERE s.status IN ('requested', 'active') GROUP BY (number - s.events - 1) / 20 ORDER BY min(number)
  )
  SELECT count(*) INTO made FROM events;
  UPDATE subscription_state SET handled = last, events = s.events + made, told_at = CASE WHEN made > 0 THEN now() ELSE told_at END WHERE id = s_id;
  RETURN seen;
END $$;
