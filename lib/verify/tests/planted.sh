#!/usr/bin/env bash
# planted.sh TEST STUB ROOT BUNDLES: the generated contract test of mall.payment.v1 fails where the
# service is not what a contract says, names the field, and fails for that contract alone. The
# service is right, so what is planted is in the contracts.
set -euo pipefail
test=$1
stub=$2
root=$3
bundles=$4
provider=mall.payment.v1
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cp -r "$root/contracts" "$work"
ln -s "$root/proto" "$work/proto"
touch "$work/parley.yaml"
mkdir "$work/bundles"
cp "$bundles"/*.stub "$work/bundles"
file=$work/contracts/$provider/mall.orders.yaml

# Runs the test with the contracts as they are now.
run() {
    (cd "$work" && "$stub" "$provider" --bundle "$work/bundles/$provider.stub" -q)
    PARLEY_BUNDLES=$work/bundles "$test" >"$work/out" 2>&1
}

fail() {
    echo "$1; the test said:"
    cat "$work/out"
    exit 1
}

says() {
    grep -qF -- "$1" "$work/out" || fail "not said: $1"
}

run || fail "with the contracts as they are it fails"

sed -i 's/balance: 970000/balance: 970001/; s/reason: CHARGE_MISMATCH/reason: CHARGE_UNKNOWN/' "$file"
if run; then fail "it passes although the service does not keep two contracts"; fi
says 'response.balance: expected 970001, got 970000'
says "reason: expected 'CHARGE_UNKNOWN', got 'CHARGE_MISMATCH'"
says '2 FAILED TEST(S)'
says '[  FAILED  ] mall_orders_an_order_is_charged'
says '[  FAILED  ] mall_orders_a_charge_key_that_was_used_with_another_amount'

cat >>"$file" <<'YAML'
- name: one that the test does not know
  call: PaymentService.Charge
  request: { charge_key: nothing }
  status: INVALID_ARGUMENT
YAML
if run; then fail "it passes although a contract has no test"; fi
says 'build again'

# Contracts that are all ignored.
cp "$root/contracts/$provider"/*.yaml "$work/contracts/$provider"
sed -i 's/^  call: .*/&\n  ignored: { until: 2999-01-01, because: a test }/' "$work/contracts/$provider"/*.yaml
if run; then fail "it passes although nothing was verified"; fi
says 'nothing was verified'
