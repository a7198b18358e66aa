-- Visits of the public pages that are on their way to a booking. ADR 0039
-- `id`: hash of the secret that the browser keeps. `network`: hash of the network it came from. `form`: the identifier that
-- its appointment will have. `data`: what was typed, sealed. `contact` and `person`: hashes, to count the bookings of each.
-- `code`, `link`: hashes of what was sent. The time that a visit holds is a row of `busy` alone, and no Appointment.
CREATE TABLE public_visit (
  id         text        PRIMARY KEY,
  network    text        NOT NULL,
  form       uuid        NOT NULL UNIQUE,
  practice   text        NOT NULL,
  path       text        NOT NULL,
  schedule   text        NOT NULL,
  kind       text        NOT NULL,
  slot       text        NOT NULL,
  data       text,
  contact    text,
  person     text,
  code       text,
  code_until timestamptz,
  tries      integer     NOT NULL DEFAULT 0,
  link       text        UNIQUE,
  verified   boolean     NOT NULL DEFAULT false,
  extended   boolean     NOT NULL DEFAULT false,
  until      timestamptz NOT NULL
);
CREATE INDEX public_visit_until ON public_visit (until);
CREATE INDEX public_visit_contact ON public_visit (contact) WHERE contact IS NOT NULL;

-- How often something was asked in a window of time, by the hash of who asks: all servers count together.
CREATE TABLE limit_counter (
  key   text        NOT NULL,
  since timestamptz NOT NULL,
  n     integer     NOT NULL,
  until timestamptz NOT NULL,
  PRIMARY KEY (key, since)
);
CREATE INDEX limit_counter_until ON limit_counter (until);
