-- What became of a commit whose answer was lost: its versions carry the id of the commit. An id that is found nowhere is declared void, and a commit
-- that comes late with it is refused (see settle_request in request.sql).
ALTER TABLE history ADD COLUMN request uuid;

CREATE TABLE void_request (
  id uuid        PRIMARY KEY,
  at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX void_request_at ON void_request (at);

-- Requests that carry an `Idempotency-Key`, for a day. `print` of what was asked. `attempt` grows when another process takes over a request whose process
-- has died: a commit of the former one is refused. `committed`: `Type/id/_history/version` of what the request has written so far. The answer is written last.
CREATE TABLE idempotency (
  caller    text        NOT NULL,
  key       text        NOT NULL,
  print     text        NOT NULL,
  at        timestamptz NOT NULL DEFAULT now(),
  holder    integer     NOT NULL,
  attempt   integer     NOT NULL DEFAULT 1,
  committed text[]      NOT NULL DEFAULT '{}',
  status    integer,
  headers   text,
  body      text,
  PRIMARY KEY (caller, key)
);
CREATE INDEX idempotency_at ON idempotency (at);
