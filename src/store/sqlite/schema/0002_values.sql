-- Inbound messages that are done.
CREATE TABLE message (
    key    TEXT    PRIMARY KEY,
    answer BLOB    NOT NULL,
    ends   INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX message_ends ON message (ends);

-- Tokens, variables, answers held back.
CREATE TABLE value (
    key   TEXT    PRIMARY KEY,
    value BLOB    NOT NULL,
    ends  INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX value_ends ON value (ends);

CREATE TABLE lock (
    name  TEXT    PRIMARY KEY,
    owner TEXT    NOT NULL,
    fence INTEGER NOT NULL,
    ends  INTEGER NOT NULL
) WITHOUT ROWID;

-- What was taken of each rate lately.
CREATE TABLE bucket (
    name  TEXT PRIMARY KEY,
    taken TEXT NOT NULL
) WITHOUT ROWID;
