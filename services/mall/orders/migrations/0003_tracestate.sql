-- What came with the trace of an order, which goes along with it.

ALTER TABLE orders ADD COLUMN tracestate text NOT NULL DEFAULT '';
