-- People who are logged in, and logins under way. In the database, so that logging out and expiry hold at once in every process.
-- `id` is the SHA-256 of what the browser's cookie holds: whoever reads this table cannot take a session over.

CREATE TABLE session (
  id      text        PRIMARY KEY,
  data    text        NOT NULL,       -- who it is, as JSON: what the identity provider said; never what that person may do
  seen_at timestamptz NOT NULL,
  ends_at timestamptz NOT NULL
);
CREATE INDEX session_end ON session (ends_at);

-- What was sent to the identity provider and must come back with its answer; used once.
CREATE TABLE login (
  id      text        PRIMARY KEY,
  data    text        NOT NULL,
  ends_at timestamptz NOT NULL
);
CREATE INDEX login_end ON login (ends_at);
