-- The audit trail (0019-audit.sql): how it grows, and how whole months of it end.

-- Makes the partition of the month of this instant. Attaching takes a lock that lets others write meanwhile.
CREATE OR REPLACE FUNCTION audit_month(_at timestamptz) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  first timestamp := date_trunc('month', _at AT TIME ZONE 'UTC');
  name  text := 'audit_event_' || to_char(first, 'YYYY_MM');
BEGIN
  IF to_regclass(name) IS NOT NULL THEN
    RETURN;
  END IF;
  PERFORM pg_advisory_xact_lock(hashtextextended(name, 23));
  IF to_regclass(name) IS NOT NULL THEN
    RETURN;
  END IF;
  -- After a wait for the lock, the question above may be answered from memory: the table may be there by now.
  BEGIN
    EXECUTE format('CREATE TABLE %I (LIKE audit_event INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name);
  EXCEPTION WHEN duplicate_table THEN
    RETURN;
  END;
  EXECUTE format('CREATE TRIGGER audit_only_grows BEFORE UPDATE OR DELETE OR TRUNCATE ON %I FOR EACH STATEMENT EXECUTE FUNCTION audit_refuse()', name);
  EXECUTE format('ALTER TABLE audit_event ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', name,
    to_char(first, 'YYYY-MM-DD') || ' 00:00+00', to_char(first + interval '1 month', 'YYYY-MM-DD') || ' 00:00+00');
END $$;

-- Adds facts. A fact that is there already is left as it is: whoever lost an answer sends them again.
CREATE OR REPLACE FUNCTION audit_append(rows json) RETURNS void LANGUAGE plpgsql AS $$
DECLARE
  month timestamptz;
BEGIN
  FOR month IN SELECT DISTINCT date_trunc('month', (r->>'at')::timestamptz, 'UTC') FROM json_array_elements(rows) r LOOP
    PERFORM audit_month(month);
  END LOOP;
  INSERT INTO audit_event (at, id, action, outcome, code, agents, name, patient, entity, request, fact)
  SELECT f.at, f.id, f.action, f.outcome, c.code, c.agents, c.name,
    -- Programs of an older level say them twice.
    COALESCE(c.patient, ARRAY(SELECT json_array_elements_text(f.patients))),
    COALESCE(c.entity, ARRAY(SELECT split_part(e, '/_history/', 1) FROM json_array_elements_text(f.entities) e)), f.request, r::text
  FROM json_array_elements(rows) r,
    json_to_record(r) AS f(at timestamptz, id text, action text, outcome text, request text, patients json, entities json, found json),
    json_to_record(f.found) AS c(code text[], agents text[], name text, patient text[], entity text[])
  ON CONFLICT DO NOTHING;
END $$;

-- Drops the months that end before this instant; answers how many.
CREATE OR REPLACE FUNCTION audit_forget(_before timestamptz) RETURNS integer LANGUAGE plpgsql AS $$
DECLARE
  month record;
  count integer := 0;
BEGIN
  FOR month IN
    SELECT c.relname FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid WHERE i.inhparent = 'audit_event'::regclass
  LOOP
    CONTINUE WHEN to_date(right(month.relname, 7), 'YYYY_MM') + interval '1 month' > _before AT TIME ZONE 'UTC';
    EXECUTE format('DROP TABLE %I', month.relname);
    count := count + 1;
  END LOOP;
  RETURN count;
END $$;
