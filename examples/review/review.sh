#!/bin/sh
# Plans, and reviews the plan in the terminal. Options are those of `review`:
#
#   terraform init
#   review.sh --fail-on replaced,destroyed
#
# Exit codes: 0 reviewed, 1 failed, 2 something in --fail-on occurs. For OpenTofu, set
# TERRAFORM=tofu.
set -u
terraform=${TERRAFORM:-terraform}
# A plan contains sensitive values in plaintext: keep it in a directory that only you
# can read, and delete it.
directory=$(mktemp -d) || exit 1
trap 'rm -rf "$directory"' EXIT

# Where `init` installed the provider.
provider=$(find -L "${TF_DATA_DIR:-.terraform}/providers" -type f \
  -path '*/harness-rs/harness/*/terraform-provider-harness*' | tail -n 1)

planned=0
"$terraform" plan -input=false -json -out="$directory/plan.bin" \
  >"$directory/log.json" || planned=$?
"$terraform" show -json "$directory/plan.bin" >"$directory/plan.json" 2>/dev/null
"$provider" review --log "$directory/log.json" "$@" "$directory/plan.json"
reviewed=$?
if [ "$planned" -ne 0 ]; then
  # The error may come from another provider.
  cat "$directory/log.json" >&2
  exit 1
fi
exit "$reviewed"
