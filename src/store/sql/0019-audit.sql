-- The audit trail: who had access to what. A table of its own, because nothing in it ever changes: rows are added, and
-- whole months are dropped when their time is over. `fact` is the line as it was written; the columns are what it is
-- found by (see audit.sql and src/fhir/audit/fact.ts). ADR 0025
CREATE TABLE audit_event (
  at      timestamptz NOT NULL,
  id      text        NOT NULL,
  action  text        NOT NULL,
  outcome text        NOT NULL,
  code    text[]      NOT NULL,
  agents  text[]      NOT NULL,
  name    text        NOT NULL,
  patient text[]      NOT NULL,
  entity  text[]      NOT NULL,
  request text        NOT NULL,
  fact    text        NOT NULL,
  PRIMARY KEY (at, id)
) PARTITION BY RANGE (at);
CREATE INDEX audit_event_patient ON audit_event USING gin (patient);
CREATE INDEX audit_event_entity ON audit_event USING gin (entity);
CREATE INDEX audit_event_agents ON audit_event USING gin (agents);
CREATE INDEX audit_event_id ON audit_event (id);

CREATE FUNCTION audit_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'the audit trail only grows' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_event
  FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse();
