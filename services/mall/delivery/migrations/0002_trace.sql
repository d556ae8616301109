-- The trace a delivery was started in, which its arrival goes on with.

ALTER TABLE delivery ADD COLUMN traceparent text NOT NULL DEFAULT '';
