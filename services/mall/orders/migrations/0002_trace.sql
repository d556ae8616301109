-- The trace an order was asked for in, which the sweep goes on with.

ALTER TABLE orders ADD COLUMN traceparent text NOT NULL DEFAULT '';
