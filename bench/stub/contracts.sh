#!/usr/bin/env bash
# Writes contracts with OrderService into a folder, 500 a file: contracts.sh FOLDER COUNT. The
# request of each is the order of bench/rpc with a number of its own, from 1,000,000 on, and the
# answer is the same order.
set -euo pipefail
mkdir -p "$1"
awk -v folder="$1" -v count="$2" 'BEGIN {
    order = "product_id: 42, product_name: \"Kettle of brushed steel, 1.7 litres\", quantity: 3, " \
        "price: 39900, customer_id: customer-0000004711, customer_name: Jeongmin Park, " \
        "customer_addr: \"12 Street 34, apartment 5607, Seocho-gu, Seoul 06611, Republic of Korea\", " \
        "customer_phone: \"+82 10 5555 0123\", note: \"Please leave it with the neighbours on the " \
        "fourth floor when nobody is at home; the bell is broken, so knock.\", " \
        "created_at: { seconds: 1760000000, nanos: 123456789 } }"
    for (i = 0; i < count; i++) {
        if (i % 500 == 0) {
            close(file)
            file = sprintf("%s/bench.n%03d.yaml", folder, i / 500)
            printf "consumer: bench.n%03d\nprovider: bench.v1\naccess: [grpc]\n\ncontracts:\n", i / 500 > file
        }
        printf "- name: order %d\n  call: OrderService.EchoInline\n", 1000000 + i > file
        printf "  request: { id: %d, %s\n  response: { id: %d, %s\n\n", 1000000 + i, order, 1000000 + i, order > file
    }
}'
