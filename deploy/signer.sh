#!/bin/sh
# The signer. On the first start it makes keys, encrypted under the passphrase; for anything but a trial put keys and a
# keyring that auditor and operator agreed on into its volumes before (docs/how-to/machines.md): they are never replaced.
set -eu
dambo keys init --encrypt
exec dambo signer --socket /run/dambo/signer.sock --allow dambo --allow dambo-signer
