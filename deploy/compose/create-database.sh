#!/bin/sh
# Run once by PostgreSQL's image, when its volume is new: the program's role owns its database and is no superuser, who could run programs on the machine.
set -eu
psql -X -q -v ON_ERROR_STOP=1 -U postgres -d postgres <<'END'
\set password `cat "$DATABASE_PASSWORD_FILE"`
CREATE ROLE orientir LOGIN PASSWORD :'password';
GRANT pg_monitor TO orientir;
CREATE DATABASE orientir OWNER orientir;
\connect orientir
CREATE EXTENSION vector;
END
