-- Orders, the keys that make placing them repeatable, and a replica of the catalogue.

CREATE TABLE orders (
    id             bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    ver            bigint NOT NULL DEFAULT 1, -- the fence: each change counts it up
    charge_key     uuid NOT NULL UNIQUE,
    state          smallint NOT NULL, -- order_state in orders.h
    product_id     bigint NOT NULL,
    product_name   text NOT NULL,
    quantity       integer NOT NULL CHECK (quantity > 0),
    price          bigint NOT NULL CHECK (price >= 0),
    customer_id    text NOT NULL,
    customer_name  text NOT NULL,
    customer_addr  text NOT NULL,
    customer_phone text NOT NULL,
    backorder      boolean NOT NULL, -- becomes OrderBackordered when it is charged
    reason         text NOT NULL DEFAULT '',
    created_at     timestamptz NOT NULL DEFAULT now(),
    touched_at     timestamptz NOT NULL DEFAULT now() -- of a pending order: when somebody last worked on it
);
CREATE INDEX orders_by_customer ON orders (customer_id, id);
CREATE INDEX orders_unfinished ON orders (touched_at) WHERE state IN (1, 5);

CREATE TABLE idempotency (
    customer_id text NOT NULL,
    key         text NOT NULL,
    request     bytea NOT NULL, -- the request, so that another body is noticed
    order_id    bigint NOT NULL REFERENCES orders ON DELETE CASCADE,
    created_at  timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (customer_id, key)
);
CREATE INDEX idempotency_by_age ON idempotency (created_at);
CREATE INDEX idempotency_by_order ON idempotency (order_id);

CREATE TABLE product_replica (
    id    bigint PRIMARY KEY,
    ver   bigint NOT NULL, -- of the event it is from
    name  text NOT NULL,
    price bigint NOT NULL,
    stock bigint NOT NULL
);
