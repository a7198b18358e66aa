-- The ground of every Créneau database: versions, business keys, agendas and their busy time, messages to deliver.
-- The tables of the resource types are not here: they follow the search-parameter table (see ../schema.ts).
-- Level: PostgreSQL 15. Applied once, in one transaction (see ../migrate.ts).

CREATE EXTENSION IF NOT EXISTS btree_gist;
CREATE EXTENSION IF NOT EXISTS pg_trgm;

-- Every version of every resource. Writing version v+1 twice is impossible: the primary key is the optimistic lock.
-- (txid, n) orders versions: those of one commit share `txid`, so a reader of changes knows which commits may still be under way.
CREATE TABLE history (
  type    text        NOT NULL,
  id      text        NOT NULL,
  version integer     NOT NULL,
  method  text        NOT NULL CHECK (method IN ('POST', 'PUT', 'PATCH', 'DELETE')),
  at      timestamptz NOT NULL,
  body    text,                       -- NULL: deleted
  n       bigserial   NOT NULL,
  txid    xid8        NOT NULL DEFAULT pg_current_xact_id(),
  PRIMARY KEY (type, id, version)
);
CREATE INDEX history_order ON history (txid, n);
CREATE INDEX history_at ON history (at, n);

-- Identifiers that are keys: at most one resource of the type holds each.
CREATE TABLE business_key (
  type   text NOT NULL,
  system text NOT NULL,
  value  text NOT NULL,
  id     text NOT NULL,
  PRIMARY KEY (type, system, value)
);
CREATE INDEX business_key_owner ON business_key (type, id);

-- Conditional requests in flight: `writes` counts the commits that were decided by this criterion. Whoever searched before
-- another commit finds the count changed, and searches again. Rows older than any request live are swept away.
CREATE TABLE condition (
  criterion text        PRIMARY KEY,
  writes    bigint      NOT NULL,
  at        timestamptz NOT NULL DEFAULT now()
);

-- One row per Schedule: what a booking locks. `code` names the agenda in slot ids; it follows from the Schedule's id.
-- `keys` are the resources that its appointments occupy; `context` is what its actors add (zone, durations), as JSON. `changes` counts everything that alters its slots.
CREATE TABLE agenda (
  schedule text    PRIMARY KEY,
  code     text    NOT NULL UNIQUE,
  version  integer NOT NULL,
  keys     text[]  NOT NULL,
  context  text    NOT NULL DEFAULT '{}',
  changes  bigint  NOT NULL DEFAULT 0,
  deleted  boolean NOT NULL DEFAULT false
);
CREATE INDEX agenda_keys ON agenda USING gin (keys);

-- Time taken. Two rows of one resource never overlap on one lane, and never at all between two agendas:
-- this is the place where a double booking is impossible. `lane` NULL: a deliberate overbooking, which takes none.
CREATE TABLE busy (
  id          bigserial PRIMARY KEY,
  resource    text      NOT NULL,
  lane        integer,
  period      tstzrange NOT NULL CHECK (NOT isempty(period)),
  appointment text      NOT NULL,
  schedule    text      NOT NULL,
  tentative   boolean   NOT NULL DEFAULT false,
  expires     timestamptz,             -- a hold
  -- GiST compares numbers three times faster than texts (0.1 ms a row instead of 0.3, measured), hence 64-bit hashes.
  resource_key bigint GENERATED ALWAYS AS (hashtextextended(resource, 0)) STORED,
  schedule_key bigint GENERATED ALWAYS AS (hashtextextended(schedule, 0)) STORED,
  CONSTRAINT busy_one_per_lane EXCLUDE USING gist (resource_key WITH =, lane WITH =, period WITH &&)
    WHERE (lane IS NOT NULL),
  CONSTRAINT busy_one_agenda_at_a_time EXCLUDE USING gist (resource_key WITH =, schedule_key WITH <>, period WITH &&)
    WHERE (lane IS NOT NULL)
);
CREATE INDEX busy_appointment ON busy (appointment);
CREATE INDEX busy_expires ON busy (expires) WHERE expires IS NOT NULL;
CREATE INDEX busy_overbooked ON busy USING gist (resource_key, period) WHERE (lane IS NULL);

-- What must reach somebody else: written with the data, delivered afterwards until acknowledged.
CREATE TABLE outbox (
  id              bigserial   PRIMARY KEY,
  destination     text        NOT NULL,
  ordering_key    text        NOT NULL,
  payload         text        NOT NULL,
  created_at      timestamptz NOT NULL DEFAULT now(),
  attempts        integer     NOT NULL DEFAULT 0,
  next_attempt_at timestamptz NOT NULL DEFAULT now(),
  delivered_at    timestamptz,
  failed_at       timestamptz,
  last_error      text
);
CREATE INDEX outbox_due ON outbox (destination, next_attempt_at) WHERE delivered_at IS NULL AND failed_at IS NULL;
CREATE INDEX outbox_order ON outbox (destination, ordering_key, id) WHERE delivered_at IS NULL;

-- Which shape of search columns each type's table was filled with (see ../schema.ts).
CREATE TABLE search_shape (
  type        text PRIMARY KEY,
  fingerprint text NOT NULL
);
