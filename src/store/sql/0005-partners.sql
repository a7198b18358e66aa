-- The SAS platform: which national identifier is known at which partner, and which regulator account each partner has in which version.

-- `loaded`: somebody said so, and it holds until somebody says otherwise; else learnt from an answer, at `seen_at`.
CREATE TABLE known_at (
  identifier text        NOT NULL,
  partner    text        NOT NULL,
  loaded     boolean     NOT NULL,
  seen_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (identifier, partner)
);
CREATE INDEX known_at_partner ON known_at (partner) WHERE loaded;

-- What a partner has acknowledged of an account: the version, and the identifier by which the partner knows it.
CREATE TABLE partner_account (
  partner    text        NOT NULL,
  account    text        NOT NULL,
  version    integer     NOT NULL,
  identifier text        NOT NULL,
  at         timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (account, partner)
);
CREATE INDEX outbox_partner_account ON outbox (ordering_key, id) WHERE destination LIKE 'partner:%';
