-- The practice of the person who created a patient: `Practitioner/x`, `Location/x`, `Schedule/x`. A patient without
-- appointment belongs to it. Patients without a row, and those of programs, belong to nobody until they are booked.
CREATE TABLE patient_practice (
  patient  text   PRIMARY KEY,
  practice text[] NOT NULL
);
