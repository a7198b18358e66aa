-- Takes the time of one appointment anew, as its current version wants it (`creneau check --repair`): on the agendas that the version is about and those
-- where it took time before. Where the time is no longer free it is recorded beside the others, like an overbooking; answers whether that was so.
CREATE OR REPLACE FUNCTION retake_time(_appointment text) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
  resource json;
  status   text;
  named    text[];
  wanted   text[];
  shared   text[];
  own      record;
  free     text[];
  members  text[];
  covered  text[] := '{}';
  -- How it took its time until now, by agenda.
  before   jsonb;
  kept     record;
  isBeside boolean := false;
BEGIN
  SELECT array_agg(DISTINCT schedule) INTO wanted FROM (
    SELECT unnest(h.agendas) AS schedule FROM (SELECT agendas FROM history WHERE type = 'Appointment' AND id = _appointment ORDER BY version DESC LIMIT 1) h
    UNION SELECT b.schedule FROM busy b WHERE b.appointment = _appointment) s;
  SELECT array_agg(DISTINCT k) INTO shared FROM agenda a, unnest(a.keys || members_of(a.context)) k WHERE a.schedule = ANY(wanted);
  PERFORM FROM agenda a WHERE a.keys && shared ORDER BY a.schedule FOR NO KEY UPDATE OF a;
  PERFORM pg_advisory_xact_lock(hashtextextended(m, 24))
    FROM (SELECT DISTINCT unnest(members_of(a.context)) AS m FROM agenda a WHERE a.schedule = ANY(wanted) ORDER BY 1) team;
  SELECT body::json INTO resource FROM appointment WHERE id = _appointment AND NOT deleted;
  status := resource->>'status';
  named := (SELECT b.named FROM busy b WHERE b.appointment = _appointment AND b.named IS NOT NULL LIMIT 1);
  SELECT jsonb_object_agg(b.schedule, jsonb_build_object('buffer', b.buffer, 'kind', b.kind, 'places', b.places)) INTO before
    FROM busy b WHERE b.appointment = _appointment;
  DELETE FROM busy WHERE appointment = _appointment;
  IF status IN ('proposed', 'pending', 'booked', 'arrived', 'checked-in', 'fulfilled') AND resource->>'start' IS NOT NULL AND resource->>'end' IS NOT NULL THEN
    FOR own IN SELECT a.schedule, a.keys, named_members(a.context, named, resource) AS members, COALESCE((SELECT max(lane) FROM busy b WHERE b.schedule = a.schedule), 0) AS lanes
               FROM agenda a WHERE a.schedule = ANY(wanted) AND NOT a.deleted ORDER BY a.schedule COLLATE "C" LOOP
      free := ARRAY(SELECT k FROM unnest(own.keys) k WHERE k <> ALL(covered));
      covered := covered || free;
      members := ARRAY(SELECT m FROM unnest(own.members) m WHERE m <> ALL(covered));
      covered := covered || members;
      SELECT COALESCE(b.buffer, 0) AS buffer, b.kind, b.places INTO kept
        FROM (SELECT) always LEFT JOIN jsonb_to_record(before->own.schedule) AS b(buffer integer, kind text, places integer) ON true;
      -- Time that was only kept free is given up where others have it now.
      IF COALESCE(
          place_time(_appointment, own.schedule, free, members, named,
                     tstzrange((resource->>'start')::timestamptz, (resource->>'end')::timestamptz + make_interval(secs => kept.buffer)), own.lanes + 1,
                     status IN ('proposed', 'pending'), NULL, kept.buffer, kept.kind, kept.places),
          place_time(_appointment, own.schedule, free, members, named,
                     tstzrange((resource->>'start')::timestamptz, (resource->>'end')::timestamptz), own.lanes + 1,
                     status IN ('proposed', 'pending'), NULL, 0, kept.kind, kept.places)) IS NULL THEN
        isBeside := true;
        INSERT INTO busy (resource, lane, period, appointment, schedule, tentative, named, kind, places)
        SELECT k, NULL, tstzrange((resource->>'start')::timestamptz, (resource->>'end')::timestamptz), _appointment, own.schedule, status IN ('proposed', 'pending'),
          CASE WHEN k = 'Schedule/' || own.schedule THEN named END, kept.kind, kept.places
        FROM unnest(free || members) k;
      END IF;
    END LOOP;
  END IF;
  UPDATE agenda SET changes = changes + 1 WHERE keys && shared;
  RETURN isBeside;
END $$;

-- Numbers versions that were passed over, after all the others; answers how many.
CREATE OR REPLACE FUNCTION number_missed(apart text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  total bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(1296646736);
  WITH missed AS MATERIALIZED (
    SELECT GREATEST(m.seq, (SELECT max(f.seq) FROM feed f)) + row_number() OVER (ORDER BY h.txid, h.n) AS seq, h.type, h.id, h.version, h.at, h.agendas
    FROM feed_mark m, history h
    WHERE m.until IS NULL AND h.txid < m.since AND h.type <> ALL(apart)
      AND (m.dropped = 0 OR h.at >= (SELECT f.at FROM feed f ORDER BY f.seq LIMIT 1))
      AND NOT EXISTS (SELECT FROM feed f WHERE f.type = h.type AND f.id = h.id AND f.version = h.version)
  ), numbered AS (
    INSERT INTO feed (seq, type, id, version, at) SELECT seq, type, id, version, at FROM missed
  ), told AS (
    INSERT INTO feed_agenda (schedule, seq) SELECT DISTINCT a, seq FROM missed, unnest(CASE WHEN type = 'Schedule' THEN ARRAY[id] ELSE agendas END) a ON CONFLICT DO NOTHING
  )
  SELECT count(*) INTO total FROM missed;
  UPDATE feed_mark m SET seq = GREATEST(m.seq, (SELECT max(f.seq) FROM feed f));
  RETURN total;
END $$;
