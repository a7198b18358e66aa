-- Tables that the migration itself needs (see ../engine/migrate.ts). Run at the start of every migration, so everything
-- is IF NOT EXISTS.
CREATE TABLE IF NOT EXISTS migration (name text PRIMARY KEY, checksum text NOT NULL, at timestamptz NOT NULL DEFAULT now());

-- The level of the schema and the oldest level whose programs work on it. `complete` is false from the first statement of a migration to its last.
CREATE TABLE IF NOT EXISTS schema_level (
  one      boolean     PRIMARY KEY DEFAULT true CHECK (one),
  level    integer     NOT NULL,
  oldest   integer     NOT NULL,
  print    text        NOT NULL,
  complete boolean     NOT NULL,
  at       timestamptz NOT NULL DEFAULT now()
);

-- Search columns that no program from the level `since` on uses. They are dropped when older programs no longer work on the schema.
CREATE TABLE IF NOT EXISTS unused_column (
  type  text    NOT NULL,
  name  text    NOT NULL,
  since integer NOT NULL,
  PRIMARY KEY (type, name)
);

-- Types whose rows are being filled anew: those up to the id `after` are done.
CREATE TABLE IF NOT EXISTS refill (type text PRIMARY KEY, fingerprint text NOT NULL, after text NOT NULL);

-- Versions written by a program of another level: their search columns are to be filled in.
CREATE TABLE IF NOT EXISTS unfilled (
  type    text    NOT NULL,
  id      text    NOT NULL,
  version integer NOT NULL,
  PRIMARY KEY (type, id, version)
);
