-- Wallets, what was charged and refunded, and the ledger whose sum each balance is.

CREATE TABLE wallet (
    customer_id text PRIMARY KEY,
    balance     bigint NOT NULL CHECK (balance >= 0),
    ver         bigint NOT NULL DEFAULT 0 -- counts the wallet's events
);

-- One row a charge key, for ever: a repeat finds it, a refund that came first bars it.
CREATE TABLE payment (
    charge_key  uuid PRIMARY KEY,
    id          bigint GENERATED ALWAYS AS IDENTITY UNIQUE,
    order_id    bigint NOT NULL,
    customer_id text NOT NULL,
    amount      bigint NOT NULL CHECK (amount >= 0),
    state       smallint NOT NULL, -- payment_state in payment.h
    balance     bigint NOT NULL,   -- of the wallet, after it
    charged_at  timestamptz,
    refunded_at timestamptz
);
CREATE INDEX payment_by_order ON payment (order_id);

CREATE TABLE ledger (
    id          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer_id text NOT NULL REFERENCES wallet,
    charge_key  uuid,
    kind        text NOT NULL, -- opening, charge, refund
    amount      bigint NOT NULL,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ledger_by_customer ON ledger (customer_id, id);
