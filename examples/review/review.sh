#!/bin/sh
# Plans, and reviews the plan on the terminal, with options of `review` if you like:
#
#   terraform init
#   review.sh --fail-on replaced,destroyed
#
# Exit codes: 0 reviewed, 1 something failed, 2 something of --fail-on occurs. TERRAFORM=tofu uses OpenTofu.
set -u
terraform=${TERRAFORM:-terraform}
# A plan holds sensitive values in plaintext: it stays in a directory that only you can read, and goes.
directory=$(mktemp -d) || exit 1
trap 'rm -rf "$directory"' EXIT

# Where `init` put the provider.
provider=$(find -L "${TF_DATA_DIR:-.terraform}/providers" -path '*/harness-rs/harness/*' -type f -name 'terraform-provider-harness*' | tail -n 1)

planned=0
"$terraform" plan -input=false -json -out="$directory/plan.bin" >"$directory/log.json" || planned=$?
"$terraform" show -json "$directory/plan.bin" >"$directory/plan.json" 2>/dev/null
"$provider" review --log "$directory/log.json" "$@" "$directory/plan.json"
reviewed=$?
if [ "$planned" -ne 0 ]; then
  # What failed may be another provider's.
  cat "$directory/log.json" >&2
  exit 1
fi
exit "$reviewed"
