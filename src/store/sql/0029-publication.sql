-- The pages of practices for the public. `practitioner` is empty for the page of the practice itself. An address never
-- changes hands: a page that was withdrawn keeps its own. `consent_at`: when the practitioner agreed to be published.
-- `profile`: what the page says beside the resources, as JSON text.
CREATE TABLE publication (
  practice     text        NOT NULL,               -- Organization/x
  practitioner text        NOT NULL DEFAULT '',    -- Practitioner/x
  slug         text        NOT NULL,
  state        text        NOT NULL,               -- draft, published, withdrawn
  indexed      boolean     NOT NULL DEFAULT false,
  consent_at   timestamptz,
  profile      text        NOT NULL DEFAULT '{}',
  changed_at   timestamptz NOT NULL,
  PRIMARY KEY (practice, practitioner)
);
CREATE UNIQUE INDEX publication_practice_slug ON publication (slug) WHERE practitioner = '';
CREATE UNIQUE INDEX publication_practitioner_slug ON publication (practice, slug) WHERE practitioner <> '';

-- Somebody says that care was refused. `contact`: how to answer, if the person wants that.
CREATE TABLE care_refusal (
  id           text        PRIMARY KEY,
  practice     text        NOT NULL,
  practitioner text        NOT NULL DEFAULT '',
  said         text        NOT NULL,
  contact      text        NOT NULL DEFAULT '',
  at           timestamptz NOT NULL,
  closed_at    timestamptz
);
CREATE INDEX care_refusal_practice ON care_refusal (practice, at);
