-- CalDAV: the passwords of devices, the events that devices wrote, and the states that they have seen.

-- `author`: JSON; a device has the rights that its author has at each request. The password is known to its holder alone.
CREATE TABLE calendar_device (
  id            text        PRIMARY KEY,
  password_hash text        NOT NULL,
  type          text        NOT NULL,
  resource      text        NOT NULL,
  names         boolean     NOT NULL DEFAULT false,
  label         text        NOT NULL DEFAULT '',
  author        text        NOT NULL,
  created_at    timestamptz NOT NULL DEFAULT now(),
  revoked_at    timestamptz
);
CREATE INDEX calendar_device_of ON calendar_device (type, resource);

-- Events as they were written: an agenda takes closures from them, and only their author sees more.
CREATE TABLE calendar_object (
  schedule   text        NOT NULL,
  name       text        NOT NULL,
  uid        text        NOT NULL,
  body       text        NOT NULL,
  author     text        NOT NULL,
  written_at timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (schedule, name),
  UNIQUE (schedule, uid)
);

-- Names and versions of the objects of a collection, by their hash, so that a device learns what has changed since.
CREATE TABLE calendar_state (
  collection text        NOT NULL,
  token      text        NOT NULL,
  objects    text        NOT NULL,
  seen_at    timestamptz NOT NULL DEFAULT now(),
  PRIMARY KEY (collection, token)
);
