-- The key of a browser that several accounts know. The program before goes on: it gives each account a token of its own, which is fine by this key too.
ALTER TABLE staff_devices
    DROP CONSTRAINT staff_devices_pkey,
    ADD CONSTRAINT staff_devices_pkey PRIMARY KEY USING INDEX staff_devices_of;
