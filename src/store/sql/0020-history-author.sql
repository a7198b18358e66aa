-- The caller who wrote each version. Programs of an older level write none. ADR 0025
ALTER TABLE history ADD COLUMN author text;
