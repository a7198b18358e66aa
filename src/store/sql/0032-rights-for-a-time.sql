-- A right that begins and ends by itself: that of somebody who replaces a practitioner. NULL: without a bound. ADR 0040
ALTER TABLE person_right ADD COLUMN starts_at timestamptz, ADD COLUMN ends_at timestamptz;
