-- What came with the trace of a delivery, which goes along with it.

ALTER TABLE delivery ADD COLUMN tracestate text NOT NULL DEFAULT '';
