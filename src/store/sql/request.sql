-- Was the commit with this id done, whose answer was lost? It wrote this version, if it wrote any. The lock waits for a commit that is still under way; one
-- that arrives after this finds its id settled, and writes nothing. A commit that is seen here may not have reached the synchronous standby yet: it is told
-- only after a message behind it in the log has, which this function's own commit waits for.
CREATE OR REPLACE FUNCTION settle_request(_id uuid, _type text, _resource text, _version integer) RETURNS boolean LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_advisory_xact_lock(hashtextextended(_id::text, 21));
  IF EXISTS (SELECT FROM history WHERE type = _type AND id = _resource AND version = _version AND request = _id) THEN
    PERFORM pg_logical_emit_message(true, 'creneau', '');
    RETURN true;
  END IF;
  INSERT INTO settled_request (id, done) VALUES (_id, false) ON CONFLICT DO NOTHING;
  PERFORM pg_logical_emit_message(true, 'creneau', '');
  RETURN (SELECT done FROM settled_request WHERE id = _id);
END $$;

-- Begins a request with an idempotency key, or says what is known of it: `begun` when it is the caller's to do, with the number of the attempt; `alive` when
-- the process that does it lives. A request whose process has died is taken over, when it has written nothing. `_holder` asks for what it does not do now.
CREATE OR REPLACE FUNCTION begin_idempotent(_caller text, _key text, _print text, _holder integer, _presence integer)
RETURNS TABLE (begun boolean, same boolean, alive boolean, attempt integer, committed text[], status integer, headers text, body text) LANGUAGE plpgsql AS $$
DECLARE
  known    idempotency;
  is_alive boolean;
BEGIN
  DELETE FROM idempotency i WHERE (i.caller, i.key) IN (
    SELECT o.caller, o.key FROM idempotency o WHERE o.at < now() - interval '1 day' LIMIT 100 FOR UPDATE SKIP LOCKED);
  INSERT INTO idempotency (caller, key, print, holder) VALUES (_caller, _key, _print, _holder) ON CONFLICT DO NOTHING;
  IF FOUND THEN
    RETURN QUERY SELECT true, true, true, 1, '{}'::text[], NULL::integer, NULL, NULL;
    RETURN;
  END IF;
  -- Waits for a commit of the request that is under way.
  SELECT * INTO known FROM idempotency i WHERE i.caller = _caller AND i.key = _key FOR UPDATE;
  is_alive := known.holder <> _holder AND NOT pg_try_advisory_xact_lock(_presence, known.holder);
  IF known.print = _print AND known.status IS NULL AND known.committed = '{}' AND NOT is_alive THEN
    UPDATE idempotency i SET holder = _holder, attempt = i.attempt + 1 WHERE i.caller = _caller AND i.key = _key;
    RETURN QUERY SELECT true, true, true, known.attempt + 1, '{}'::text[], NULL::integer, NULL, NULL;
    RETURN;
  END IF;
  RETURN QUERY SELECT false, known.print = _print, is_alive, known.attempt, known.committed, known.status, known.headers, known.body;
END $$;
