-- Links by which patients see, move and cancel an appointment without an account. Only the hash of a token is stored.
CREATE TABLE manage_link (
  token_hash  text        PRIMARY KEY,
  appointment text        NOT NULL,
  person      text        NOT NULL,
  until       timestamptz NOT NULL,
  created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX manage_link_appointment ON manage_link (appointment);
CREATE INDEX manage_link_until ON manage_link (until);
