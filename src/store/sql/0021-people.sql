-- People whom a practice manages itself, beside the people file. `email` says where an invitation went; only the login
-- that took the invitation (`issuer`, `subject`) says who somebody is.
CREATE TABLE person (
  id           text        PRIMARY KEY,
  practice     text        NOT NULL,      -- Organization/x
  name         text        NOT NULL,
  email        text,
  issuer       text,
  subject      text,
  created_at   timestamptz NOT NULL,
  withdrawn_at timestamptz
);
CREATE INDEX person_practice ON person (practice);
CREATE UNIQUE INDEX person_login ON person (issuer, subject, practice) WHERE withdrawn_at IS NULL;

-- `target`: Organization/x of a practice-manager, Practitioner/x of a practitioner, Location/x or Schedule/x of a
-- secretary. `powers`: what a secretary may do besides appointments (hours).
CREATE TABLE person_right (
  person text   NOT NULL REFERENCES person ON DELETE CASCADE,
  role   text   NOT NULL,
  target text   NOT NULL,
  powers text[] NOT NULL DEFAULT '{}',
  PRIMARY KEY (person, role, target)
);

-- `id` is the SHA-256 of the secret in the link, which is stored nowhere.
CREATE TABLE invitation (
  id      text        PRIMARY KEY,
  person  text        NOT NULL REFERENCES person ON DELETE CASCADE,
  ends_at timestamptz NOT NULL,
  used_at timestamptz
);
CREATE INDEX invitation_person ON invitation (person);

-- The code that opens the set-up of an empty installation; likewise by its hash.
CREATE TABLE setup_code (
  id      text        PRIMARY KEY,
  ends_at timestamptz NOT NULL,
  used_at timestamptz
);

-- Passkeys: the built-in login of practices that have no identity provider. `public_key`: SubjectPublicKeyInfo, base64url.
CREATE TABLE passkey (
  id         text        PRIMARY KEY,     -- the credential id, base64url
  subject    text        NOT NULL,
  name       text        NOT NULL,
  public_key text        NOT NULL,
  algorithm  integer     NOT NULL,        -- COSE
  counter    bigint      NOT NULL,
  created_at timestamptz NOT NULL,
  used_at    timestamptz
);
CREATE INDEX passkey_subject ON passkey (subject);
