#!/bin/sh
# spdx.sh NAME: what is in an image as SPDX 2.3, from lines on stdin:
#   KIND NAME VERSION SHA256    SHA256 may be "-"
# KIND is deb, rpm, program or image. No program for JSON is asked for: the words
# have no character that JSON would escape, which is checked.
set -eu
. "$(dirname -- "$0")/common.sh"

awk -v name="$1" -v now="$(date -u -d "@${SOURCE_DATE_EPOCH:-$(date +%s)}" +%Y-%m-%dT%H:%M:%SZ)" '
	BEGIN {
		distribution["deb"] = "debian"
		distribution["rpm"] = "fedora"
		printf "{\n  \"spdxVersion\": \"SPDX-2.3\",\n  \"dataLicense\": \"CC0-1.0\",\n"
		printf "  \"SPDXID\": \"SPDXRef-DOCUMENT\",\n  \"name\": \"%s\",\n", name
		printf "  \"documentNamespace\": \"https://kinc.invalid/spdx/%s\",\n", name
		printf "  \"creationInfo\": { \"created\": \"%s\", \"creators\": [\"Tool: kinc-image\"] },\n", now
		printf "  \"packages\": ["
	}
	NF != 4 || /[\\"]/ { printf "spdx.sh: cannot say: %s\n", $0 >"/dev/stderr"; bad = 1; exit }
	{
		id = $1 "-" $2 "-" NR
		gsub(/[^A-Za-z0-9.-]/, "-", id)
		printf "%s\n    { \"SPDXID\": \"SPDXRef-%s\", \"name\": \"%s\", \"versionInfo\": \"%s\",", \
			(NR > 1 ? "," : ""), id, $2, $3
		printf " \"downloadLocation\": \"NOASSERTION\", \"filesAnalyzed\": false,"
		printf " \"primaryPackagePurpose\": \"%s\"", \
			($1 == "image" ? "CONTAINER" : $1 == "program" ? "APPLICATION" : "LIBRARY")
		if ($4 != "-")
			printf ", \"checksums\": [{ \"algorithm\": \"SHA256\", \"checksumValue\": \"%s\" }]", $4
		if ($1 in distribution)
			printf ", \"externalRefs\": [{ \"referenceCategory\": \"PACKAGE-MANAGER\", \"referenceType\": \"purl\", \"referenceLocator\": \"pkg:%s/%s/%s@%s\" }]", $1, distribution[$1], $2, $3
		printf " }"
		relations = relations sprintf("%s\n    { \"spdxElementId\": \"SPDXRef-DOCUMENT\", \"relationshipType\": \"DESCRIBES\", \"relatedSpdxElement\": \"SPDXRef-%s\" }", \
			(NR > 1 ? "," : ""), id)
	}
	END {
		if (bad)
			exit 1
		printf "\n  ],\n  \"relationships\": [%s\n  ]\n}\n", relations
	}'
