-- People who log in (secretaries, managers of a practice) and asked to be told by mail when a closure lands on patients of
-- their agendas. `id`: a hash of the login, which links and messages name. `identity`: the login as JSON text, for its
-- rights on the day of the notice.
CREATE TABLE closure_watch (
  id         text        PRIMARY KEY,
  issuer     text        NOT NULL,
  subject    text        NOT NULL,
  identity   text        NOT NULL,
  email      text        NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);
