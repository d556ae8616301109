#!/usr/bin/env bash
# What parley contract openapi writes is OpenAPI, by the validator of its makers: openapi.sh BUILD ROOT
# PROVIDER... Installed below the build folder where the machine has none.
set -euo pipefail
build=$1 root=$2
shift 2
modules=$build/interop/openapi
document=$(mktemp)
trap 'rm -f "$document"' EXIT

export PYTHONPATH=$modules
python3 -c 'import openapi_spec_validator' 2>/dev/null ||
    python3 -m pip install -q --disable-pip-version-check --target "$modules" openapi-spec-validator==0.9.0 || {
    echo 'no openapi-spec-validator: python3 -m pip install openapi-spec-validator' >&2
    exit 77
}
for provider; do
    "$build/bin/parley" -C "$root" contract openapi "$provider" >"$document"
    python3 - "$document" <<'PYTHON'
import json
import sys

import openapi_spec_validator

with open(sys.argv[1], encoding="utf-8") as file:
    openapi_spec_validator.validate(json.load(file))
PYTHON
done
