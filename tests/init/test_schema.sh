#!/bin/sh
# docs/unit.schema.json is what kinc-init prints, and it fits the shipped units.
. "$(dirname -- "$0")/../lib.sh"
work=$(mktemp -d /tmp/kinc-schema-test.XXXXXX) || exit 111
trap 'rm -rf "$work"' EXIT
"$KINC_BUILD/bin/kinc-init" --schema >"$work/schema"
is 'kinc-init --schema exits 0' "$?" 0
check 'docs/unit.schema.json is its output (kinc-init --schema >docs/unit.schema.json)' \
	diff -u "$KINC_TOP/docs/unit.schema.json" "$work/schema"
"$KINC_BUILD/bin/kinc-init" --states >"$work/states"
check 'docs/states.md is the machine (kinc-init --states >docs/states.md)' \
	diff -u "$KINC_TOP/docs/states.md" "$work/states"
undocumented=$(jq -r '[.. | .properties? // empty | keys[]] | unique[]' "$work/schema" |
	while read -r key; do grep -q "\`$key\`\|[{,\`\" ]$key[\`\"]" "$KINC_TOP/docs/units.md" || echo "$key"; done)
is 'every key is in docs/units.md' "$undocumented" ''
if python3 -c 'import jsonschema' 2>/dev/null; then
	check 'the shipped units are valid by it' python3 - "$work/schema" \
		"$KINC_TOP"/init/units/*.json "$KINC_TOP"/init/units/*/*.json <<'EOF_PY'
import json, sys, jsonschema
schema = json.load(open(sys.argv[1]))
jsonschema.Draft7Validator.check_schema(schema)
for path in sys.argv[2:]:
    jsonschema.validate(json.load(open(path)), schema)
for bad in ({"exce": []}, {"type": "oneshot", "ready": []}, {"ready": [{"tcp": "a", "file": "/b"}]},
            {"restart": {"limit": 5000}}):
    try:
        jsonschema.validate(bad, schema)
    except jsonschema.ValidationError:
        continue
    sys.exit(f"{bad} is taken")
EOF_PY
else
	skip 'the shipped units are valid by it' 'python3 has no jsonschema'
fi
finish
