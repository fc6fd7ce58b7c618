-- A library's computer is shared: one browser is known to every colleague who signed in there. Until now it was known to the last one alone.
---- tern: disable-tx ----
DROP INDEX CONCURRENTLY IF EXISTS staff_devices_of;
CREATE UNIQUE INDEX CONCURRENTLY staff_devices_of ON staff_devices (token_hash, staff);
