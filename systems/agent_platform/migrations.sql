-- What the migrations add. A thread says whose it is in its metadata only, a message and a run through their thread.
CREATE TABLE userbase (
    id varchar PRIMARY KEY,
    email varchar NOT NULL
);
CREATE TABLE assistants (
    id varchar PRIMARY KEY,
    name varchar NOT NULL,
    model varchar NOT NULL
);
INSERT INTO assistants VALUES ('assistant-default', 'Assistant', 'small');
CREATE TABLE threads (
    id varchar PRIMARY KEY,
    object varchar NOT NULL DEFAULT 'thread',
    metadata_ json NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE TABLE messages (
    id varchar PRIMARY KEY,
    thread_id varchar NOT NULL REFERENCES threads (id) ON DELETE CASCADE,
    run_id varchar,
    assistant_id varchar REFERENCES assistants (id),
    role varchar NOT NULL,
    content json NOT NULL,
    metadata_ json,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX messages_by_thread ON messages (thread_id, created_at);
ALTER TABLE runs ADD FOREIGN KEY (thread_id) REFERENCES threads (id) ON DELETE CASCADE;
