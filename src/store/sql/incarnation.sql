-- Names the place where this database lives. A copy made by pg_restore has another cluster or database, a standby that
-- was promoted and a recovery to an earlier point have another timeline.
CREATE OR REPLACE FUNCTION current_origin() RETURNS text LANGUAGE sql STABLE AS $$
  SELECT concat_ws('/', (SELECT system_identifier FROM pg_control_system()),
    (SELECT oid FROM pg_database WHERE datname = current_database()),
    left(pg_walfile_name(pg_current_wal_insert_lsn()), 8))
$$;

-- Versions of the new incarnation begin above every version that the lost branch can have given: a resource is not
-- written a hundred times a minute for long, and a copy is restored a minute after another one at the earliest.
CREATE OR REPLACE FUNCTION next_floor(last integer) RETURNS integer LANGUAGE sql AS $$
  SELECT GREATEST(last + 1000, 100 * floor(extract(epoch FROM clock_timestamp() - timestamptz '2026-01-01 00:00:00Z') / 60)::integer)
$$;

-- A logical copy brings the transaction numbers of another cluster. Here they would lie in the future, and versions that
-- have no number yet would wait for years: these now count as written by this transaction, all others as long over.
CREATE OR REPLACE FUNCTION adopt_history() RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  own  xid8 := pg_current_xact_id();
  mark feed_mark;
BEGIN
  SELECT * INTO mark FROM feed_mark;
  UPDATE history SET txid = CASE
    WHEN txid >= COALESCE(mark.until, mark.since) OR (txid >= mark.since AND n > mark.n) THEN own ELSE '1'::xid8 END
  WHERE txid >= LEAST(mark.since, own);
  UPDATE feed_mark SET since = own, until = NULL, n = 0;
END $$;

-- Begins a new incarnation where the database lives somewhere else than before, or where an operator says that it was
-- restored (`forced`). Answers the version above which versions begin. Every commit and every numbering asks.
CREATE OR REPLACE FUNCTION enter_incarnation(forced boolean DEFAULT false) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  -- Asked once by each session, for reading the control file costs a tenth of a commit. A server that accepts writes begins no timeline while it runs, and
  -- sessions end with it; those that a standby keeps through its promotion have not come as far as this, because a standby refuses the question.
  origin text := NULLIF(current_setting('creneau.origin', true), '');
  last   incarnation;
BEGIN
  IF origin IS NULL THEN
    origin := current_origin();
    PERFORM set_config('creneau.origin', origin, false);
  END IF;
  SELECT * INTO last FROM incarnation ORDER BY incarnation.n DESC LIMIT 1;
  IF last.origin = origin AND NOT forced THEN
    RETURN last.floor;
  END IF;
  PERFORM pg_advisory_xact_lock(1296646736);
  SELECT * INTO last FROM incarnation ORDER BY incarnation.n DESC LIMIT 1;
  IF last.origin = origin AND NOT forced THEN
    RETURN last.floor;
  END IF;
  IF last.n IS NULL THEN
    INSERT INTO incarnation (n, id, origin, seq, floor) VALUES (1, '', origin, 0, 0);
    RETURN 0;
  END IF;
  INSERT INTO incarnation (n, id, origin, seq, floor)
  SELECT last.n + 1, left(replace(gen_random_uuid()::text, '-', ''), 8), origin, m.seq, next_floor(last.floor) FROM feed_mark m
  RETURNING * INTO last;
  IF EXISTS (SELECT FROM feed_mark WHERE GREATEST(since, until) > pg_snapshot_xmax(pg_current_snapshot()))
     OR EXISTS (SELECT FROM history WHERE txid >= pg_snapshot_xmax(pg_current_snapshot())) THEN
    PERFORM adopt_history();
  END IF;
  RETURN last.floor;
END $$;
