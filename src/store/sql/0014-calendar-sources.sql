-- A source is a calendar that an agenda follows, or the files that were sent to it. `kept`: the components of the files,
-- so that a later file may change a single date; `revision` tells two files that are sent at once apart. `horizon`: no
-- single dates are written after it yet. `issues`: the remarks of the last reading, line by line. `author`: JSON, whose
-- rights a reading has; without it (an older version wrote the row) the calendar is not read until it is followed again.
ALTER TABLE calendar_source
  ADD COLUMN kept     text,
  ADD COLUMN revision integer     NOT NULL DEFAULT 0,
  ADD COLUMN horizon  timestamptz,
  ADD COLUMN read_at  timestamptz,
  ADD COLUMN author   text,
  ADD COLUMN issues   text        NOT NULL DEFAULT '[]';
