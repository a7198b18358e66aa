-- A subscription may follow appointments by their identifier, their operator or their patient (subscription.sql).
ALTER TABLE subscription_state ADD COLUMN appointments text[];
