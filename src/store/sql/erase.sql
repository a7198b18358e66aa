-- Takes the content out of every version of resources that are deleted, and out of what was made of them for others. The skeleton stays: which
-- versions there were, when, by which method and whose hand, so that histories, the feed and version locks keep their meaning. A resource
-- that lives keeps all. The audit trail, which has no names, is kept for its own time.
CREATE OR REPLACE FUNCTION erase_content(_refs text[]) RETURNS json LANGUAGE plpgsql AS $$
DECLARE
  gone     text[];
  versions integer;
  messages integer;
  others   integer := 0;
  rows     integer;
BEGIN
  gone := ARRAY(SELECT r FROM unnest(_refs) r WHERE (
    SELECT h.body IS NULL FROM history h WHERE h.type = split_part(r, '/', 1) AND h.id = split_part(r, '/', 2) ORDER BY h.version DESC LIMIT 1));
  UPDATE history h SET body = NULL FROM unnest(gone) r
    WHERE h.type = split_part(r, '/', 1) AND h.id = split_part(r, '/', 2) AND h.body IS NOT NULL;
  GET DIAGNOSTICS versions = ROW_COUNT;
  -- Waiting messages name their resources, and find nothing to send.
  DELETE FROM outbox o USING unnest(gone) r WHERE (o.delivered_at IS NOT NULL OR o.failed_at IS NOT NULL)
    AND (o.payload LIKE '%"' || r || '"%' OR o.payload LIKE '%"' || split_part(r, '/', 2) || '"%'
      OR o.ordering_key = split_part(r, '/', 2) OR o.ordering_key LIKE '%' || r || '%');
  GET DIAGNOSTICS messages = ROW_COUNT;
  DELETE FROM notice_sent s USING unnest(gone) r WHERE s.key LIKE '%' || split_part(r, '/', 2) || '%';
  GET DIAGNOSTICS rows = ROW_COUNT;
  messages := messages + rows;
  DELETE FROM notice_leave l USING unnest(gone) r WHERE l.type || '/' || l.id = r;
  DELETE FROM manage_link l USING unnest(gone) r WHERE l.person = r OR 'Appointment/' || l.appointment = r;
  DELETE FROM calendar_link l USING unnest(gone) r WHERE l.type || '/' || l.id = r;
  GET DIAGNOSTICS others = ROW_COUNT;
  DELETE FROM calendar_device d USING unnest(gone) r WHERE d.type || '/' || d.resource = r;
  GET DIAGNOSTICS rows = ROW_COUNT;
  others := others + rows;
  DELETE FROM patient_practice p USING unnest(gone) r WHERE 'Patient/' || p.patient = r;
  DELETE FROM idempotency i USING unnest(gone) r WHERE EXISTS (SELECT FROM unnest(i.committed) c WHERE c LIKE r || '/_history/%')
    -- An answer that found something has committed nothing.
    OR i.headers LIKE '%/' || r || '/_history/%' OR i.headers LIKE '%/' || r || '"%' OR i.body LIKE '%"' || split_part(r, '/', 2) || '"%';
  -- An export that is ready holds copies; whoever wants it asks again.
  DELETE FROM bulk_job b WHERE b.types && ARRAY(SELECT DISTINCT split_part(r, '/', 1) FROM unnest(gone) r);
  -- Criteria may name a person. A younger one may decide a write that is under way.
  DELETE FROM condition WHERE at < now() - interval '1 hour'
    AND split_part(criterion, '?', 1) IN (SELECT split_part(r, '/', 1) FROM unnest(gone) r);
  RETURN json_build_object('resources', cardinality(gone), 'versions', versions, 'messages', messages, 'addresses', others);
END $$;
