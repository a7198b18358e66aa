-- The members of a team, of whom an appointment takes those whom it names (`membersOf` in agenda/occupied.ts). The row of
-- the agenda holds them in its context: the references by which a member may be named, each with the person. ADR 0022

-- Every person of a team; empty for an agenda that is not that of a team.
CREATE OR REPLACE FUNCTION members_of(_context text) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN _context LIKE '%"members"%'
    THEN ARRAY(SELECT DISTINCT m.value FROM jsonb_each_text(_context::jsonb->'members') m) ELSE '{}' END
$$;

-- The references of the participants who take part in person, as `actorsOf` in agenda/rules/appointment-actors.ts.
CREATE OR REPLACE FUNCTION named_in(_body json) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT ARRAY(SELECT regexp_replace(j->'actor'->>'reference', '/_history/.*', '') FROM json_array_elements(_body->'participant') j
    WHERE j->'actor'->>'reference' IS NOT NULL AND j->>'required' IS DISTINCT FROM 'information-only' AND j->>'status' IS DISTINCT FROM 'declined')
$$;

-- The members of the agenda's team whom an appointment names.
CREATE OR REPLACE FUNCTION named_members(_context text, _named text[], _body json) RETURNS text[] LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN _context LIKE '%"members"%'
    THEN ARRAY(SELECT DISTINCT m.value FROM jsonb_each_text(_context::jsonb->'members') m
               WHERE m.key = ANY(COALESCE(_named, named_in(_body))) ORDER BY 1) ELSE '{}' END
$$;
