-- Calendars, mail and bulk files: what lies between us and the calendars, mailboxes and readers that people already use.

-- Addresses of feeds. The token itself is known to its holder alone.
CREATE TABLE calendar_link (
  token_hash text        PRIMARY KEY,
  type       text        NOT NULL,
  id         text        NOT NULL,
  names      boolean     NOT NULL DEFAULT false,   -- the holder chose to see who comes
  created_by text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  revoked_at timestamptz
);
CREATE INDEX calendar_link_of ON calendar_link (type, id);

-- Calendars elsewhere that an agenda follows. `uids`: what came from there, so that what is gone there goes here too.
CREATE TABLE calendar_source (
  schedule      text        NOT NULL,
  url           text        NOT NULL,
  every_minutes integer     NOT NULL,
  next_at       timestamptz NOT NULL,
  etag          text,
  modified      text,
  failures      integer     NOT NULL DEFAULT 0,
  uids          text[]      NOT NULL DEFAULT '{}',
  last_at       timestamptz,
  last_outcome  text,
  PRIMARY KEY (schedule, url)
);
CREATE INDEX calendar_source_due ON calendar_source (next_at);

-- Mail that was begun and, when it is known to have left, sent: so that a reminder never fires twice.
CREATE TABLE mail_sent (
  key      text        PRIMARY KEY,
  begun_at timestamptz NOT NULL DEFAULT now(),
  sent_at  timestamptz
);
CREATE INDEX mail_sent_at ON mail_sent (begun_at);

-- The links at the foot of mails, by which a person withdraws the agreement.
CREATE TABLE mail_leave (
  token_hash text        PRIMARY KEY,
  type       text        NOT NULL,
  id         text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

-- Bulk exports: the request, how far it is, and its files in parts that can be fetched again and again.
CREATE TABLE bulk_job (
  id         text        PRIMARY KEY,
  owner      text        NOT NULL,
  request    text        NOT NULL,                 -- the address of the kick-off
  types      text[]      NOT NULL,
  since      timestamptz,
  at         timestamptz NOT NULL,                 -- transactionTime
  state      text        NOT NULL DEFAULT 'waiting' CHECK (state IN ('waiting', 'done', 'failed')),
  done_types text[]      NOT NULL DEFAULT '{}',
  expires    timestamptz NOT NULL
);
CREATE TABLE bulk_file (
  job   text    NOT NULL REFERENCES bulk_job ON DELETE CASCADE,
  type  text    NOT NULL,
  part  integer NOT NULL,
  count integer NOT NULL,
  body  text    NOT NULL,
  PRIMARY KEY (job, type, part)
);
