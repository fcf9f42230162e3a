-- What services call what they took, so that what they tell of it later finds it.
CREATE TABLE called (
    channel  TEXT    NOT NULL,             -- the lane that sent it
    id       TEXT    NOT NULL,
    delivery INTEGER NOT NULL,
    at       INTEGER NOT NULL,             -- when it was sent
    ask      INTEGER,                      -- when the service is asked next; while it is, until when
    asked    INTEGER NOT NULL DEFAULT 0,   -- how often it was
    PRIMARY KEY (channel, id)
) WITHOUT ROWID;
CREATE INDEX called_delivery ON called (delivery);
CREATE INDEX called_ask ON called (ask) WHERE ask IS NOT NULL;

-- What they told.
CREATE TABLE report (
    delivery INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    channel  TEXT    NOT NULL,
    id       TEXT    NOT NULL,
    fate     INTEGER NOT NULL,             -- 0 confirmed 1 failed
    detail   TEXT    NOT NULL,
    PRIMARY KEY (delivery, number)
) WITHOUT ROWID;
