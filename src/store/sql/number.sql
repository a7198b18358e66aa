-- Numbers what was committed since the last time, at most `most` versions, without types that are kept apart; answers the last number given. Beside the commits, which wait for nothing:
-- only versions of commits that are over and that no unfinished one can precede (below the oldest transaction under way) get a number.
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
  mark.until := COALESCE(mark.until, pg_snapshot_xmin(pg_current_snapshot()));
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
