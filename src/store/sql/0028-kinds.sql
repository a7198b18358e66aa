-- Kinds of visit: `buffer` (seconds) is the end of `period` that is kept free and no part of the appointment; `kind` counts for
-- quotas; `places` is how many may come at one time, where the kind says so. ADR 0035
ALTER TABLE busy ADD COLUMN buffer integer NOT NULL DEFAULT 0, ADD COLUMN kind text, ADD COLUMN places integer;
