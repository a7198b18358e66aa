-- The list of towns that a deployer has loaded, as one JSON text: it is read whole into memory.
CREATE TABLE place_list (
  one    boolean     PRIMARY KEY CHECK (one),
  at     timestamptz NOT NULL,
  places text        NOT NULL
);
