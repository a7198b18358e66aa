-- The octets of each Binary, apart from its resource: neither the history nor the feed repeats them, and deleting the Binary
-- erases them. `appointment`: the id of the Appointment that it is attached to.
CREATE TABLE binary_content (
  id          text  PRIMARY KEY,
  appointment text  NOT NULL,
  octets      bytea NOT NULL
);
CREATE INDEX binary_content_appointment ON binary_content (appointment);
-- Documents and pictures are compressed already.
ALTER TABLE binary_content ALTER COLUMN octets SET STORAGE EXTERNAL;
