-- How each partner has answered, by five minutes: what the supervision page draws. Kept for a month.
CREATE TABLE partner_health (
  partner   text        NOT NULL,
  at        timestamptz NOT NULL,
  answers   integer     NOT NULL,
  failures  integer     NOT NULL,
  delay_sum bigint      NOT NULL,      -- milliseconds, of the answers
  delay_max integer     NOT NULL,
  PRIMARY KEY (partner, at)
);
CREATE INDEX partner_health_at ON partner_health (at);
