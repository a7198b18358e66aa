-- By which rule (`KEY_RULE` in agenda/occupied.ts) the keys of an agenda were computed. Programs of an older level write
-- none, so that whoever knows the present rule computes the keys again. ADR 0022
ALTER TABLE agenda ADD COLUMN key_rule integer NOT NULL DEFAULT 0;
