-- Each time that the history may have forked (a restored copy, a promoted standby), a new incarnation begins: numbers of
-- the feed and versions of resources that were given on the lost branch never come to name something else.
CREATE TABLE incarnation (
  n      integer     PRIMARY KEY,
  -- Written before the numbers of the feed: `4f1c09ab.73`. The first is empty, its numbers are written alone.
  id     text        NOT NULL UNIQUE,
  -- The cluster, the database and the timeline that it lives in (current_origin() in incarnation.sql).
  origin text        NOT NULL,
  -- The last number of the feed before it, which is common ground with the incarnation before.
  seq    bigint      NOT NULL,
  -- Versions written in it are above this one.
  floor  integer     NOT NULL,
  at     timestamptz NOT NULL DEFAULT clock_timestamp()
);
