#!/bin/sh
# Verifies an unpacked evidence pack with openssl and POSIX tools alone; nothing of Dambo runs.
# Run it in the pack's folder: sh verify.sh. Exit 0: all that is said to hold below holds.
#
# It checks 1. every file against its digest in index.json; 2. every signed document (*.dsse.json): the signature over
# its DSSE bytes, by the key of keyring/ whose id the document hints at; 3. the keyring: signed by a root key of its own.
# It does not check roles, thresholds, chains, times and schemas: `python -m include.evidence.verify PACK.zip --keyring FILE`
# does. Whether the keyring is the right one only you can say: compare the digest printed last with the agency's.
set -eu
cd "$(dirname "$0")"
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0
count=0

digest() { openssl dgst -sha256 -r "$1" | cut -c1-64; }
fail() { echo "REFUSED  $1: $2"; failed=1; }

# 1. The index names path and digest of every file; one object a line after this.
sed -e 's/.*"files":\[//' -e 's/\],"keyring".*//' -e 's/},{/}\n{/g' index.json > "$work/files"
while IFS= read -r line || [ -n "$line" ]; do
    path=$(printf '%s' "$line" | sed -n 's/.*"path":"\([^"]*\)".*/\1/p')
    want=$(printf '%s' "$line" | sed -n 's/.*"sha256":"\([0-9a-f]\{64\}\)".*/\1/p')
    count=$((count + 1))
    if [ ! -f "$path" ]; then fail "$path" "missing"
    elif [ "$(digest "$path")" != "$want" ]; then fail "$path" "not what the index says"; fi
done < "$work/files"
echo "files    $count compared with index.json"

# DER of an ECDSA signature given as r || s.
der() {
    hex=$(od -An -v -tx1 "$1" | tr -d ' \n')
    { echo "asn1=SEQUENCE:sig"; echo "[sig]"
      echo "r=INTEGER:0x$(printf '%s' "$hex" | cut -c1-64)"; echo "s=INTEGER:0x$(printf '%s' "$hex" | cut -c65-128)"
    } > "$work/asn1"
    openssl asn1parse -genconf "$work/asn1" -noout -out "$2"
}

# signed FILE TYPE: is one of its signatures good, by the key that it hints at? Says which key it was in $signer.
signed() {
    sed -n 's/.*"payload":"\([^"]*\)".*/\1/p' "$1" | tr -- '-_' '+/' | openssl base64 -d -A > "$work/payload"
    { printf 'DSSEv1 %s %s %s ' "${#2}" "$2" "$(wc -c < "$work/payload" | tr -d ' ')"; cat "$work/payload"; } > "$work/pae"
    sed -e 's/.*"signatures":\[//' -e 's/},{/}\n{/g' "$1" > "$work/sigs"
    signer=
    while IFS= read -r each || [ -n "$each" ]; do
        keyid=$(printf '%s' "$each" | sed -n 's/.*"keyid":"\([0-9a-f]\{64\}\)".*/\1/p')
        printf '%s' "$each" | sed -n 's/.*"sig":"\([^"]*\)".*/\1/p' | tr -- '-_' '+/' | openssl base64 -d -A > "$work/sig"
        [ -n "$keyid" ] && [ -f "keyring/$keyid.pem" ] || continue
        [ "$(openssl pkey -pubin -in "keyring/$keyid.pem" -outform DER | openssl dgst -sha256 -r | cut -c1-64)" = "$keyid" ] || continue
        entry=$(grep "^$keyid " keyring/keys.txt) || continue
        role=$(echo "$entry" | cut -d' ' -f2); algorithm=$(echo "$entry" | cut -d' ' -f3); encoding=$(echo "$entry" | cut -d' ' -f4)
        if [ "$algorithm" = ed25519 ]; then
            openssl pkeyutl -verify -pubin -inkey "keyring/$keyid.pem" -rawin -in "$work/pae" -sigfile "$work/sig" > /dev/null 2>&1 || continue
        else
            if [ "$encoding" = raw ]; then der "$work/sig" "$work/der"; mv "$work/der" "$work/sig"; fi
            openssl dgst -sha256 -verify "keyring/$keyid.pem" -signature "$work/sig" "$work/pae" > /dev/null 2>&1 || continue
        fi
        signer="$role $(echo "$keyid" | cut -c1-16)"
    done < "$work/sigs"
    [ -n "$signer" ]
}

# 2. Every signed document.
find . -name '*.dsse.json' | LC_ALL=C sort > "$work/documents"
while IFS= read -r document; do
    if signed "$document" application/vnd.in-toto+json; then echo "signed   by $signer: $document"
    else fail "$document" "no good signature"; fi
done < "$work/documents"

# 3. The newest keyring.
newest=$(ls keyring/keyring.*.json | sed 's/.*keyring\.\([0-9]*\)\.json/\1/' | sort -n | tail -1)
if signed "keyring/keyring.$newest.json" application/vnd.dambo.keyring+json && [ "${signer%% *}" = root ]; then
    echo "keyring  version $newest, signed by $signer"
else fail "keyring/keyring.$newest.json" "not signed by a root key of its own"; fi
echo "compare  sha256:$(digest "$work/payload") with the keyring digest that the agency gave you"
exit $failed
