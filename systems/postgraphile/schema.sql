-- A small multi-tenant application as PostGraphile's documentation builds them: tables with row-level security, a role
-- that every request takes on, and a claim of the caller's token in a setting.

CREATE SCHEMA app;
CREATE SCHEMA app_private;

CREATE ROLE app_anonymous NOLOGIN;
CREATE ROLE app_tenant NOLOGIN;
CREATE ROLE app_server LOGIN NOINHERIT PASSWORD :password;
GRANT app_anonymous, app_tenant TO app_server;

CREATE FUNCTION app_private.current_tenant() RETURNS uuid LANGUAGE sql STABLE AS
    $$ SELECT nullif(current_setting('jwt.claims.tenant', true), '')::uuid $$;

CREATE TABLE app.tenants (
    id uuid PRIMARY KEY,
    email text NOT NULL,
    display_name text NOT NULL
);

CREATE TABLE app.budgets (
    tenant_id uuid PRIMARY KEY REFERENCES app.tenants ON DELETE CASCADE,
    starting bigint NOT NULL,
    remaining bigint NOT NULL CHECK (remaining >= 0)
);

CREATE TABLE app.settings (
    tenant_id uuid PRIMARY KEY REFERENCES app.tenants ON DELETE CASCADE,
    note text NOT NULL
);

CREATE TABLE app.notes (
    id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant_id uuid NOT NULL DEFAULT app_private.current_tenant() REFERENCES app.tenants ON DELETE CASCADE,
    message_id text NOT NULL,
    body text NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON app.notes (tenant_id, id);

ALTER TABLE app.tenants ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.budgets ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.settings ENABLE ROW LEVEL SECURITY;
ALTER TABLE app.notes ENABLE ROW LEVEL SECURITY;
CREATE POLICY own ON app.tenants USING (id = app_private.current_tenant());
CREATE POLICY own ON app.budgets USING (tenant_id = app_private.current_tenant());
CREATE POLICY own ON app.settings USING (tenant_id = app_private.current_tenant());
CREATE POLICY own ON app.notes USING (tenant_id = app_private.current_tenant());

-- What a tenant's page shows first, joined from two tables.
CREATE VIEW app.profiles WITH (security_invoker = true) AS
    SELECT tenants.id AS tenant_id, tenants.email, tenants.display_name, settings.note
    FROM app.tenants JOIN app.settings ON settings.tenant_id = tenants.id;
COMMENT ON VIEW app.profiles IS E'@primaryKey tenant_id';

CREATE TYPE app.receipt AS (note_id bigint, message_id text, tenant_id uuid, body text, charged int, remaining bigint);

-- Charging needs a right that tenants don't have: only this function may touch the amounts.
CREATE FUNCTION app_private.charge(amount int) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER
    SET search_path = pg_catalog AS $$
DECLARE
    left_over bigint;
BEGIN
    UPDATE app.budgets SET remaining = remaining - amount
        WHERE tenant_id = app_private.current_tenant() AND remaining >= amount
        RETURNING remaining INTO left_over;
    IF left_over IS NULL THEN
        RAISE EXCEPTION 'the budget does not suffice' USING ERRCODE = 'AP001';
    END IF;
    RETURN left_over;
END $$;

CREATE FUNCTION app.write_note(message_id text, body text) RETURNS app.receipt LANGUAGE plpgsql AS $$
DECLARE
    left_over bigint := app_private.charge(7);
    written app.notes;
BEGIN
    INSERT INTO app.notes (message_id, body) VALUES (write_note.message_id, write_note.body) RETURNING * INTO written;
    RETURN (written.id, written.message_id, written.tenant_id, written.body, 7, left_over);
END $$;

CREATE FUNCTION app.change_setting(note text, tenant_id uuid DEFAULT NULL) RETURNS app.settings LANGUAGE plpgsql AS $$
DECLARE
    changed app.settings;
BEGIN
    UPDATE app.settings SET note = change_setting.note
        WHERE settings.tenant_id = coalesce(change_setting.tenant_id, app_private.current_tenant())
        RETURNING * INTO changed;
    IF changed IS NULL THEN
        RAISE EXCEPTION 'there is no such setting' USING ERRCODE = 'AP002';
    END IF;
    RETURN changed;
END $$;

-- The last notes of the caller, as row-level security lets it see them.
CREATE FUNCTION app.recent_notes(how_many int DEFAULT 20) RETURNS SETOF app.notes LANGUAGE sql STABLE AS
    $$ SELECT * FROM app.notes ORDER BY id DESC LIMIT how_many $$;

-- Tells the tenant's own topic of every note, and how it begins.
CREATE FUNCTION app_private.tell() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('notes:' || NEW.tenant_id, json_build_object('id', NEW.id, 'preview', left(NEW.body, 200))::text);
    RETURN NEW;
END $$;
CREATE TRIGGER tell AFTER INSERT ON app.notes FOR EACH ROW EXECUTE FUNCTION app_private.tell();

REVOKE ALL ON ALL FUNCTIONS IN SCHEMA app, app_private FROM public;
GRANT USAGE ON SCHEMA app TO app_anonymous, app_tenant;
GRANT USAGE ON SCHEMA app_private TO app_tenant;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA app, app_private TO app_tenant;
GRANT SELECT ON app.tenants, app.budgets, app.settings, app.notes, app.profiles TO app_tenant;
GRANT UPDATE (note) ON app.settings TO app_tenant;
GRANT INSERT (message_id, body) ON app.notes TO app_tenant;
