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
CREATE OR REPLACE FUNCTION number_changes(most integer, apart text[]) RETURNS bigint LANGUAGE plpgsql AS $$
DECLARE
  mark    feed_mark;
  done    record;
BEGIN
  SELECT * INTO mark FROM feed_mark;
  IF mark.until IS NULL AND NOT EXISTS (SELECT FROM history WHERE txid >= mark.since) THEN
    RETURN mark.seq;
  END IF;
  PERFORM pg_advisory_xact_lock(1296646736);
  SELECT * INTO mark FROM feed_mark;
  mark.until := COALESCE(mark.until, oldest_under_way());
  WITH fresh AS MATERIALIZED (
    SELECT mark.seq + row_number() OVER (ORDER BY n) AS seq, h.* FROM (
      SELECT type, id, version, at, n, agendas FROM history WHERE txid >= mark.since AND txid < mark.until AND n > mark.n AND type <> ALL(apart) ORDER BY n LIMIT most) h
  ), numbered AS (
    INSERT INTO feed (seq, type, id, version, at) SELECT seq, type, id, version, at FROM fresh
  ), told AS (
    INSERT INTO feed_agenda (schedule, seq) SELECT DISTINCT a, seq FROM fresh, unnest(CASE WHEN type = 'Schedule' THEN ARRAY[id] ELSE agendas END) a
  )
  SELECT count(*) AS count, max(seq) AS seq, max(n) AS n INTO done FROM fresh;
  IF done.count = most THEN
    UPDATE feed_mark SET seq = done.seq, until = mark.until, n = done.n;
  ELSE
    UPDATE feed_mark SET seq = COALESCE(done.seq, mark.seq), since = mark.until, until = NULL, n = 0;
  END IF;
  RETURN COALESCE(done.seq, mark.seq);
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
