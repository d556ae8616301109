-- Deliveries, and what was heard of an order before its OrderPlaced.

CREATE TABLE delivery (
    id               bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    order_id         bigint NOT NULL UNIQUE,
    ver              bigint NOT NULL DEFAULT 0, -- counts the delivery's events
    state            smallint NOT NULL,         -- delivery_state in delivery.h
    product_id       bigint NOT NULL,
    product_name     text NOT NULL,
    quantity         integer NOT NULL,
    customer_id      text NOT NULL,
    customer_name    text NOT NULL,
    delivery_address text NOT NULL,
    created_at       timestamptz NOT NULL DEFAULT now(),
    due_at           timestamptz -- of a started one: when it arrives
);
CREATE INDEX delivery_due ON delivery (due_at) WHERE state = 2;
CREATE INDEX delivery_by_customer ON delivery (customer_id, id);

-- Streams are not ordered among each other: what comes early is kept here.
CREATE TABLE early (
    order_id  bigint PRIMARY KEY,
    allocated boolean NOT NULL DEFAULT false,
    cancelled boolean NOT NULL DEFAULT false
);
