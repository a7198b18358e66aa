-- Which process has a message in its hands (`Database.presence`): when that one is gone, nobody waits for its lease to end.
ALTER TABLE outbox ADD COLUMN holder integer;
CREATE INDEX outbox_held ON outbox (holder) WHERE holder IS NOT NULL AND delivered_at IS NULL AND failed_at IS NULL;
CREATE SEQUENCE presence AS integer CYCLE;
