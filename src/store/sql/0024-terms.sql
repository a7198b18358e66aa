-- Acceptances of the terms of use, one for each person and version. `terms`: the SHA-256 of their text; `label`: its first
-- line. Nothing is ever changed or deleted here: it is the proof.
CREATE TABLE terms_acceptance (
  issuer      text        NOT NULL,
  subject     text        NOT NULL,
  terms       text        NOT NULL,
  label       text        NOT NULL,
  name        text        NOT NULL,
  accepted_at timestamptz NOT NULL,
  PRIMARY KEY (issuer, subject, terms)
);
CREATE INDEX terms_acceptance_time ON terms_acceptance (accepted_at);
