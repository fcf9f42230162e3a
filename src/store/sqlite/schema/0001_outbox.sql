-- Times are milliseconds since 1970.
CREATE TABLE delivery (
    seq         INTEGER PRIMARY KEY,
    id          BLOB    NOT NULL UNIQUE,   -- a UUID of version 7: sorts by time of acceptance
    lane        TEXT    NOT NULL,
    home        TEXT,                      -- the first lane, once it has left it
    hop         INTEGER NOT NULL DEFAULT 0,
    state       INTEGER NOT NULL DEFAULT 0, -- 0 waiting 1 delivered 2 refused 3 expired 4 unknown
    due         INTEGER NOT NULL,          -- while claimed: the end of the lease
    claimed     INTEGER NOT NULL DEFAULT 0, -- 0 no, 1 yes, 2 yes, after a claim nobody finished
    fence       INTEGER NOT NULL DEFAULT 0,
    tries       INTEGER NOT NULL DEFAULT 0, -- claims on this hop
    attempts    INTEGER NOT NULL DEFAULT 0, -- rows in `attempt`
    accepted    INTEGER NOT NULL,
    expires     INTEGER,
    ended       INTEGER,
    key         TEXT,
    fingerprint BLOB,
    code        TEXT    NOT NULL DEFAULT '',
    note        TEXT    NOT NULL DEFAULT '',
    content     TEXT    NOT NULL           -- the notification as JSON
);

-- The queue.
CREATE INDEX delivery_due ON delivery (lane, due) WHERE state = 0;
CREATE UNIQUE INDEX delivery_key ON delivery (key) WHERE key IS NOT NULL;
CREATE INDEX delivery_expires ON delivery (expires) WHERE state = 0 AND expires IS NOT NULL;
-- What a person may revive.
CREATE INDEX delivery_buried ON delivery (state, id) WHERE state IN (2, 3, 4);

CREATE TABLE attempt (
    delivery INTEGER NOT NULL,
    number   INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    took     INTEGER NOT NULL,
    channel  TEXT    NOT NULL,
    blame    TEXT,                         -- NULL: delivered
    code     TEXT    NOT NULL,
    advice   TEXT    NOT NULL,
    detail   TEXT    NOT NULL,
    PRIMARY KEY (delivery, number)
) WITHOUT ROWID;

-- What became of all that was accepted.
CREATE TABLE book (
    entry INTEGER PRIMARY KEY, -- 0 to 4: in that state; 5: accepted; 6 to 10: removed, by state
    count INTEGER NOT NULL
);
