-- What was sent to the Hub Santé (INT_L02) and what became of it. A message is written here before it leaves, so that an acknowledgement always finds it.
-- Order and delivery are the outbox's (destination `hub`, ordering key: the appointment); this is the ledger.
CREATE TABLE hub_message (
  id          text        PRIMARY KEY,       -- distributionID
  n           bigserial   NOT NULL UNIQUE,
  outbox      bigint      NOT NULL,          -- the message of the outbox that it carries
  appointment text        NOT NULL,
  version     integer     NOT NULL,          -- version of the Appointment that it tells
  method      text        NOT NULL,          -- CreateAppointment, UpdateAppointment
  recipient   text,                          -- client id; NULL: it could not be written
  state       text        NOT NULL CHECK (state IN ('sent', 'taken', 'acknowledged', 'failed', 'expired')),
  code        integer,                       -- statusCode of the error
  error       text,
  body        text,                          -- the envelope as it left
  repeats     integer     NOT NULL,          -- how many times the same was sent before
  sent_at     timestamptz NOT NULL,
  expires_at  timestamptz NOT NULL,
  taken_at    timestamptz,
  ended_at    timestamptz,
  again_at    timestamptz,                   -- goes out again then
  replaced_by text                           -- distributionID of the message that stands for it now
);
CREATE INDEX hub_message_appointment ON hub_message (appointment, n);
CREATE INDEX hub_message_outbox ON hub_message (outbox);
CREATE INDEX hub_message_state ON hub_message (state, n);
CREATE INDEX hub_message_again ON hub_message (again_at) WHERE again_at IS NOT NULL;
CREATE INDEX hub_message_expires ON hub_message (expires_at) WHERE state = 'taken';

-- What came back from the Hub and nobody could make sense of: kept to be looked at.
CREATE TABLE hub_aside (
  id     bigserial   PRIMARY KEY,
  at     timestamptz NOT NULL,
  queue  text        NOT NULL,
  reason text        NOT NULL,
  body   bytea       NOT NULL
);
