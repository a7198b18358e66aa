-- What became of a commit whose answer was lost: its versions carry the id of the commit. An id that is found nowhere is settled as not done, and a
-- commit that comes late with it is refused (see settle_request in request.sql). A commit that writes no version leaves its id here itself.
ALTER TABLE history ADD COLUMN request uuid;

CREATE TABLE settled_request (
  id   uuid        PRIMARY KEY,
  done boolean     NOT NULL,
  at   timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX settled_request_at ON settled_request (at);

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
