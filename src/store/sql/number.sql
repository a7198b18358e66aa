-- Every transaction below this one is over, of those that write here. A snapshot knows the oldest of the whole server; those of other databases, which may
-- take long, are left out: what is under way in this one is told by its sessions, read after the limit. Where sessions of other users hide, the snapshot counts.
CREATE OR REPLACE FUNCTION oldest_under_way() RETURNS xid8 LANGUAGE plpgsql AS $$
DECLARE
  last   bigint := pg_snapshot_xmax(pg_current_snapshot())::text::bigint;
  oldest bigint;
BEGIN
  IF NOT pg_has_role(current_user, 'pg_read_all_stats', 'MEMBER')
     AND EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() AND usename <> current_user) THEN
    RETURN pg_snapshot_xmin(pg_current_snapshot());
  END IF;
  -- Sessions tell the lower 32 bits.
  SELECT min(CASE WHEN x - last > 2147483647 THEN x - 4294967296 WHEN last - x > 2147483647 THEN x + 4294967296 ELSE x END) INTO oldest
  FROM (SELECT (last - last % 4294967296) + backend_xid::text::bigint AS x FROM pg_stat_activity WHERE datname = current_database() AND backend_xid IS NOT NULL) s;
  RETURN LEAST(last, oldest)::text::xid8;
END $$;

-- Numbers what was committed since the last time, at most `most` versions, without types that are kept apart; answers the last number given. Beside the commits, which wait for nothing:
-- only versions of commits that are over and that no unfinished one can precede get a number.
-- `n` is drawn when a commit already holds its agendas, so its order is that in which commits that met each other took place.
-- Where more than `most` versions wait, they are read in the order of `n`, so that each is read once. ADR 0030
CREATE OR REPLACE FUNCTION number_changes(most integer, apart text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  mark    feed_mark;
  done    record;
BEGIN
  PERFORM enter_incarnation();
  SELECT * INTO mark FROM feed_mark;
  IF mark.until IS NULL AND NOT EXISTS (SELECT FROM history WHERE txid >= mark.since) THEN
    RETURN mark.seq;
  END IF;
  PERFORM pg_advisory_xact_lock(1296646736);
  SELECT * INTO mark FROM feed_mark;
  IF mark.until IS NULL THEN
    mark.until := oldest_under_way();
    IF EXISTS (SELECT FROM history WHERE txid >= mark.since AND txid < mark.until OFFSET most) THEN
      SELECT min(n) - 1 INTO mark.n FROM history WHERE txid >= mark.since AND txid < mark.until;
    ELSE
      mark.n := NULL;
    END IF;
  END IF;
  WITH read AS MATERIALIZED (
    SELECT type, id, version, at, n, agendas FROM history WHERE mark.n IS NULL AND txid >= mark.since AND txid < mark.until
    UNION ALL
    SELECT type, id, version, at, n, agendas FROM (SELECT * FROM history WHERE mark.n IS NOT NULL AND n > mark.n ORDER BY n LIMIT most) h
      WHERE txid >= mark.since AND txid < mark.until
  ), fresh AS MATERIALIZED (
    SELECT mark.seq + row_number() OVER (ORDER BY n) AS seq, r.* FROM read r WHERE type <> ALL(apart)
  ), numbered AS (
    INSERT INTO feed (seq, type, id, version, at) SELECT seq, type, id, version, at FROM fresh
  ), told AS (
    INSERT INTO feed_agenda (schedule, seq) SELECT DISTINCT a, seq FROM fresh, unnest(CASE WHEN type = 'Schedule' THEN ARRAY[id] ELSE agendas END) a
  )
  SELECT max(seq) AS seq INTO done FROM fresh;
  -- The last `n` that was read, if there are later ones.
  SELECT n INTO mark.n FROM history WHERE mark.n IS NOT NULL AND n > mark.n ORDER BY n OFFSET most - 1 LIMIT 1;
  IF mark.n IS NULL THEN
    UPDATE feed_mark SET seq = COALESCE(done.seq, mark.seq), since = mark.until, until = NULL, n = 0;
  ELSE
    UPDATE feed_mark SET seq = COALESCE(done.seq, mark.seq), until = mark.until, n = mark.n;
  END IF;
  RETURN COALESCE(done.seq, mark.seq);
END $$;

-- The same, with the incarnations of the history, which tell how far an older number is common ground.
CREATE OR REPLACE FUNCTION feed_head(most integer, apart text[]) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  seq bigint := number_changes(most, apart);
BEGIN
  RETURN json_build_object('seq', seq, 'more', (SELECT until IS NOT NULL FROM feed_mark), 'incarnations',
    (SELECT json_agg(json_build_object('id', i.id, 'seq', i.seq) ORDER BY i.n) FROM incarnation i));
END $$;

-- Forgets the numbers of versions made before this instant; the versions themselves stay.
CREATE OR REPLACE FUNCTION drop_changes(before timestamptz) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  last bigint;
BEGIN
  PERFORM pg_advisory_xact_lock(1296646736);
  SELECT COALESCE((SELECT f.seq - 1 FROM feed f WHERE f.at >= before ORDER BY f.seq LIMIT 1), m.seq) INTO last FROM feed_mark m;
  DELETE FROM feed WHERE seq <= last;
  DELETE FROM feed_agenda WHERE seq <= last;
  UPDATE feed_mark SET dropped = GREATEST(dropped, last);
  RETURN last;
END $$;
