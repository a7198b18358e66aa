-- Whom an appointment names in person, where the text of the appointment does not say it: a participant is named by an
-- identifier that was looked up. On the row of the agenda itself only; NULL: read from the appointment. ADR 0022
ALTER TABLE busy ADD COLUMN named text[];
