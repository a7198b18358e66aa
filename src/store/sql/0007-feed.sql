-- The order of changes: every version gets a number, without gaps, once the commit that made it can no longer be overtaken (see number.sql).

-- The agendas that a version is about: its own, those of an appointment or a slot, those of which a professional is an actor.
ALTER TABLE history ADD COLUMN agendas text[];

CREATE TABLE feed (
  seq     bigint      PRIMARY KEY,
  type    text        NOT NULL,
  id      text        NOT NULL,
  version integer     NOT NULL,
  at      timestamptz NOT NULL,
  UNIQUE (type, id, version)
);

CREATE TABLE feed_agenda (
  schedule text   NOT NULL,
  seq      bigint NOT NULL,
  PRIMARY KEY (schedule, seq)
);
CREATE INDEX feed_agenda_seq ON feed_agenda (seq);

-- How far the numbering is: `seq` the last number given, `dropped` the last one that is no longer kept. Commits below `since` are numbered;
-- those in [since, until) are being numbered in the order of `n`, and are done up to `n`.
CREATE TABLE feed_mark (
  seq     bigint NOT NULL DEFAULT 0,
  dropped bigint NOT NULL DEFAULT 0,
  since   xid8   NOT NULL DEFAULT '0',
  until   xid8,
  n       bigint NOT NULL DEFAULT 0
);
INSERT INTO feed_mark DEFAULT VALUES;
CREATE UNIQUE INDEX feed_mark_only ON feed_mark ((true));
