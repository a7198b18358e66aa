-- Secrets at rest. `address`: the sealed address of a followed calendar, whose `url` is then its hash. `holder`: the hash
-- of the issuer and subject of a session, `sid`: the hash of the provider's name for it, so that either ends it.
ALTER TABLE calendar_source
  ADD COLUMN address text;
ALTER TABLE session
  ADD COLUMN holder     text,
  ADD COLUMN sid        text,
  ADD COLUMN started_at timestamptz;
