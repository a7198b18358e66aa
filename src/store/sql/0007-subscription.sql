-- Subscriptions at work. The Subscription itself is a resource; here is how far it is: `handled` the last change it has looked at, `events` the last
-- event number given. `schedules` NULL: every agenda. `version` of the Subscription that this row follows.
CREATE TABLE subscription_state (
  id        text        PRIMARY KEY,
  version   integer     NOT NULL,
  status    text        NOT NULL,
  topic     text        NOT NULL,
  schedules text[],
  handled   bigint      NOT NULL,
  events    bigint      NOT NULL DEFAULT 0,
  heartbeat integer,                 -- seconds; NULL: none
  told_at   timestamptz NOT NULL DEFAULT now()
);

-- What each subscription was, or will be, told; its numbers have no gap.
CREATE TABLE subscription_event (
  subscription text        NOT NULL,
  number       bigint      NOT NULL,
  seq          bigint      NOT NULL,
  at           timestamptz NOT NULL,
  focus        text        NOT NULL,
  version      integer,              -- NULL: the focus as it is now
  PRIMARY KEY (subscription, number)
);
CREATE INDEX subscription_event_at ON subscription_event (at);
