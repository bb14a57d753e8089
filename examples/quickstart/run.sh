#!/usr/bin/env bash
#
# Builds the provider, creates a connector, detects and repairs drift, and destroys the connector.
# Everything happens on this machine, in a temporary directory; run.sh --help says more.

set -euo pipefail

usage() {
  cat <<'HELP'
Usage: examples/quickstart/run.sh [--keep] [--with PROGRAM] [--help]

Builds the provider and a sandbox (a server on this machine that behaves like
Harness), then creates a Bitbucket connector with Terraform, changes it outside
Terraform, detects and repairs the drift, and destroys the connector. Neither
needs nor uses an account: TF_* and HARNESS_* environment variables are ignored.

  --keep           keep the connector and the sandbox to experiment with, and
                   print how to remove them
  --with PROGRAM   run this program: terraform, tofu, or a path
                   [default: terraform, else tofu]
  --help           print this
HELP
}

# ---- What the reader sees -----------------------------------------------------------------------------------------

bold='' dim='' blue='' red='' plain='' no_color='-no-color'
if [[ -t 1 && -z ${NO_COLOR-} && ${TERM-dumb} != dumb ]]; then
  bold=$'\e[1m' dim=$'\e[2m' blue=$'\e[36m' red=$'\e[31m' plain=$'\e[0m' no_color=''
fi

step='' number=0

# A heading, and a sentence that says what to look at.
step() {
  number=$((number + 1)) step=$1
  printf '\n%s%d. %s%s\n%s\n' "$bold" "$number" "$step" "$plain" "$2"
}

# A command, before it runs.
show() { printf '\n%s$ %s%s\n' "$blue" "$1" "$plain"; }

fail() {
  printf '%s%s%s\n' "$red" "$1" "$plain" >&2
  exit 1
}

# ---- Processes, and their end -------------------------------------------------------------------------------------

work='' child='' sandbox='' keep='' finished=''

# Starts a command in the background, in a process group of its own (`set -m`): so a signal to this script is dealt with
# at once, and the command is ended together with all that it started.
start() {
  set -m
  "$@" &
  set +m
}

# Runs a command as `child`, to its end.
run() {
  local status=0
  start "$@" </dev/null
  child=$!
  wait "$child" || status=$?
  child=''
  return "$status"
}

# Ends a process and all that it started: politely, and after ten seconds by force. No `wait`: bash can miss the end of
# a job whose `wait` was interrupted by a trap, and then waits for ever.
end() {
  local signal=$1 leader=$2 tries=100
  kill -s "$signal" -- "-$leader" || true
  while kill -0 -- "-$leader" && ((tries-- > 0)); do sleep 0.1; done
  kill -s KILL -- "-$leader" || true
} 2>/dev/null

clean_up() {
  local status=$?
  trap '' INT TERM HUP
  trap - EXIT
  # The signal may have come while the output went to a file.
  exec >&3 2>&3 3>&-
  if [[ -n $child ]]; then end INT "$child"; fi
  if ((status > 128)); then
    printf '\n%sInterrupted; cleaning up.%s\n' "$red" "$plain"
  elif ((status != 0)) && [[ -n $step ]]; then
    printf '\n%sFailed in step %d, "%s" (exit code %d).%s\n' "$red" "$number" "$step" "$status" "$plain"
  fi
  if [[ -n $finished && -n $keep ]]; then
    disown "$sandbox"
  else
    if [[ -n $sandbox ]]; then end TERM "$sandbox"; fi
    if [[ -n $work ]]; then rm -rf -- "$work"; fi
  fi
  exit "$status"
}
exec 3>&1
trap '' TTOU # Commands in the background may write to the terminal, whatever `stty tostop` says.
trap clean_up EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# ---- What is needed -----------------------------------------------------------------------------------------------

program=''
while (($#)); do
  case $1 in
    --keep) keep=1 ;;
    --with)
      if [[ -z ${2-} ]]; then fail '--with needs the name or path of a program.'; fi
      program=$2 && shift
      ;;
    -h | --help) usage && exit ;;
    *) usage >&2 && fail "Unknown option $1." ;;
  esac
  shift
done

here=$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd -- "$here/../.." && pwd -P)

if ! command -v cargo >/dev/null; then
  fail "cargo is not on the PATH. The provider is written in Rust: install Rust with
rustup (https://rustup.rs), open a new terminal, and run this script again."
fi
if [[ -z $program ]]; then
  program=$(command -v terraform || command -v tofu) ||
    fail "Neither terraform nor tofu is on the PATH. Install one of them, put it on the
PATH, and run this script again:

- Terraform 1.0 or later, a single program in a zip file:
  https://developer.hashicorp.com/terraform/install
- OpenTofu 1.6 or later, from your package manager (\"brew install opentofu\", or
  \"apt-get install tofu\" after adding its repository) or as a zip file:
  https://opentofu.org/docs/intro/install/"
fi
named=$program
program=$(command -v -- "$named") || fail "Program $named not found. Write a name on the PATH, or a path."
# A path from the reader's directory still holds after leaving it.
if [[ $program == */* && $program != /* ]]; then program=$PWD/$program; fi
tool=$(basename -- "$program")

# The reader's own Terraform settings and Harness account have no part in this.
for name in $(compgen -e); do
  case $name in TF_* | HARNESS_*) unset "$name" ;; esac
done
export TF_IN_AUTOMATION=1 TF_INPUT=0 CHECKPOINT_DISABLE=1
# The sandbox is on this machine; a proxy is not the way to it.
export NO_PROXY="127.0.0.1${NO_PROXY:+,$NO_PROXY}"
export no_proxy=$NO_PROXY

# Such as linux_amd64; Terraform and OpenTofu look for providers under this name.
platform=$("$program" version -json </dev/null | sed -n 's/.*"platform": *"\([^"]*\)".*/\1/p') || true
if [[ -z $platform ]]; then fail "$program is not Terraform or OpenTofu: \"$tool version -json\" reports no platform."; fi

# A name first, then the directory: so it is removed, whenever a signal comes.
temporary=$(cd -- "${TMPDIR:-/tmp}" && pwd -P)
work=$temporary/harness-quickstart.$$.$RANDOM
if ! mkdir -m 700 -- "$work"; then
  work=''
  fail "Cannot create a directory in $temporary."
fi

# ---- Talking to Terraform and to the sandbox ----------------------------------------------------------------------

# Shows and runs a Terraform command. The first argument is the exit code that it must have.
terraform() {
  local expected=$1 status=0
  shift
  show "$tool $*"
  run "$program" "$@" ${no_color:+"$no_color"} || status=$?
  if ((status != expected)); then fail "\"$tool $*\" exited with $status instead of $expected."; fi
}

# The same, with only those lines shown that the `sed` script in the second argument lets pass; all, if it fails.
terraform_brief() {
  local expected=$1 filter=$2 status=0
  shift 2
  show "$tool $*"
  run "$program" "$@" ${no_color:+"$no_color"} >"$work/output" 2>&1 || status=$?
  if ((status != expected)); then
    cat -- "$work/output"
    fail "\"$tool $*\" exited with $status instead of $expected."
  fi
  sed -n "$filter" "$work/output"
}

# One member of a line of JSON whose values are plain strings.
member() { sed -n "s/.*\"$1\":\"\\([^\"]*\\)\".*/\\1/p" <<<"$2"; }

# METHOD URL [BODY]: prints the status code on a line of its own, then the body.
request() {
  local method=$1 url=$2 body=${3-}
  if command -v curl >/dev/null; then
    curl --silent --show-error --max-time 10 --request "$method" ${body:+--data} ${body:+"$body"} \
      --output "$work/answer" --write-out '%{http_code}\n' "$url"
    cat -- "$work/answer"
  else
    local rest=${url#http://}
    local address=${rest%%/*}
    exec 8<>"/dev/tcp/${address%:*}/${address#*:}"
    printf '%s /%s HTTP/1.0\r\nHost: %s\r\nContent-Length: %d\r\n\r\n%s' \
      "$method" "${rest#*/}" "$address" "${#body}" "$body" >&8
    tr -d '\r' <&8 | sed -e '1s/^[^ ]* \([0-9]*\).*/\1/' -e '2,/^$/d'
    exec 8>&-
  fi
}

# Breaks JSON into lines, down to the third level.
readable() {
  awk '{
    depth = 0; quoted = 0
    for (i = 1; i <= length($0); i++) {
      c = substr($0, i, 1)
      if (quoted) { printf "%s", c; if (c == "\\") printf "%s", substr($0, ++i, 1); else if (c == "\"") quoted = 0 }
      else if (c == "\"") { quoted = 1; printf "%s", c }
      else if (c == "{" || c == "[") { depth++; printf "%s", c; if (depth < 3) printf "\n%*s", 2 * depth, "" }
      else if (c == "}" || c == "]") { depth--; if (depth < 2) printf "\n%*s", 2 * depth, ""; printf "%s", c }
      else if (c == ",") { if (depth < 3) printf ",\n%*s", 2 * depth, ""; else printf ", " }
      else if (c == ":") printf ": "
      else printf "%s", c
    }
    print ""
  }'
}

# ---- The tour -----------------------------------------------------------------------------------------------------

printf '%sA Harness Bitbucket connector, from first plan to destroy%s\n' "$bold" "$plain"
printf '%sWith %s, in %s%s\n' "$dim" "$program" "$work" "$plain"

step 'Build the provider and the sandbox' \
  'Takes a few minutes the first time, to compile all dependencies; then seconds.'
show 'cargo build --bins'
cd -- "$root"
build=(cargo build --locked --bins)
# In CI, the tests come next: built together with them, the programs share what they compile.
if [[ -n ${CI:-} ]]; then build+=(--tests); fi
start "${build[@]}" --message-format=json-render-diagnostics </dev/null >"$work/built" 2>"$work/build.log"
child=$!
started=$SECONDS
while kill -0 "$child" 2>/dev/null; do
  if [[ -n $plain ]]; then
    printf '\r%s%d crates compiled in %d s%s' \
      "$dim" "$(grep -c '^ *Compiling' "$work/build.log" || true)" $((SECONDS - started)) "$plain"
  fi
  sleep 0.5
done
status=0
wait "$child" || status=$?
child=''
if [[ -n $plain ]]; then printf '\r\e[K'; fi
if ((status != 0)); then
  grep -v '^ *Compiling' -- "$work/build.log" >&2 || true
  exit "$status"
fi
# Cargo says where it has put the programs; the target directory can be anywhere.
executable() { sed -n "s|.*\"executable\":\"\\([^\"]*/$1\\)\".*|\\1|p" "$work/built"; }
provider=$(executable terraform-provider-harness)
server=$(executable harness-sandbox)
version=$("$provider" --version)
version=${version##* }
printf 'Built terraform-provider-harness %s.\n' "$version"

step 'Start the sandbox' \
  'It has an account with secrets, organizations, projects, and delegates.
It listens only on this machine.'
mkfifo "$work/ready"
if [[ -n $keep ]]; then
  show 'harness-sandbox'
  serve() {
    trap '' HUP # It outlives the terminal.
    exec "$server" </dev/null >"$work/ready" 2>"$work/sandbox.log"
  }
  start serve
  sandbox=$!
else
  # The sandbox ends when its standard input does, that is, with this script and what it runs: even if the script is
  # killed, no sandbox stays.
  show 'harness-sandbox --exit-with-stdin'
  serve() { exec "$server" --exit-with-stdin <"$work/leash" >"$work/ready" 2>"$work/sandbox.log"; }
  mkfifo "$work/leash"
  start serve
  sandbox=$!
  exec 9>"$work/leash"
fi
if ! read -r -t 10 ready <"$work/ready"; then
  cat -- "$work/sandbox.log" >&2
  fail 'The sandbox did not start.'
fi
printf '%s\n' "$ready"
control=$(member control "$ready")
HARNESS_ENDPOINT=$(member endpoint "$ready")
HARNESS_ACCOUNT_ID=$(member account_id "$ready")
HARNESS_PLATFORM_API_KEY=$(member platform_api_key "$ready")
export HARNESS_ENDPOINT HARNESS_ACCOUNT_ID HARNESS_PLATFORM_API_KEY

step 'Initialize' \
  "$tool installs the provider from a directory, as it would from a registry."
mkdir "$work/quickstart"
cp -- "$here"/*.tf "$work/quickstart/"
cd -- "$work/quickstart"
# "harness-rs/harness" is on the registry of the program that reads it.
for registry in registry.terraform.io registry.opentofu.org; do
  package=$work/mirror/$registry/harness-rs/harness/$version/$platform
  mkdir -p -- "$package"
  cp -- "$provider" "$package/terraform-provider-harness_v$version"
done
cat >"$work/cli.tfrc" <<CONFIG
provider_installation {
  filesystem_mirror {
    path = "$work/mirror"
  }
}
CONFIG
export TF_CLI_CONFIG_FILE=$work/cli.tfrc
# Left out: the advice about the lock file, which is thrown away with the directory.
terraform_brief 0 '/Install/p; /successfully initialized/p' init

step 'Plan' \
  'connector.tf describes one connector. The plan shows what will be created.'
terraform 0 validate
terraform 0 plan -out=create.tfplan

step 'Apply' \
  'Harness creates the connector and tests its connection.
A failed test would be a warning here.'
terraform 0 apply create.tfplan
object="$control/connectors/Website?orgIdentifier=platform&projectIdentifier=website"
printf '\nThe sandbox now contains:\n'
show "curl '$object'"
created=$(request GET "$object")
if [[ $created != 200* ]]; then fail "The connector is not in the sandbox: $created"; fi
created=${created#*$'\n'}
readable <<<"$created"

step 'Change the connector outside Terraform' \
  'Set another description and another delegate directly in the sandbox.'
change='{"description": "Ask Bob before use", "spec": {"delegateSelectors": ["linux", "us"]}}'
show "curl -X PATCH '$object' \\
    -d '$change'"
answer=$(request PATCH "$object" "$change")
if [[ $answer != 200* ]]; then fail "The sandbox did not accept the change: $answer"; fi
printf '%s\n' "${answer#*$'\n'}"

step 'Plan again to detect the drift' \
  'Exit code 2 means that there are changes. A scheduled plan works like this.'
terraform 2 plan -detailed-exitcode -out=repair.tfplan

step 'Apply again to repair the drift' \
  'Restores the settings in Harness. The plan after that is empty: exit code 0.'
terraform 0 apply repair.tfplan
repaired=$(request GET "$object")
if [[ ${repaired#*$'\n'} != "$created" ]]; then fail "The connector was not repaired: $repaired"; fi
terraform 0 plan -detailed-exitcode

if [[ -n $keep ]]; then
  finished=1
  step 'Over to you' \
    'The connector and the sandbox still exist. In any terminal:'
  printf '  cd %q\n' "$PWD"
  for name in TF_CLI_CONFIG_FILE HARNESS_ENDPOINT HARNESS_ACCOUNT_ID HARNESS_PLATFORM_API_KEY NO_PROXY; do
    printf '  export %s=%q\n' "$name" "${!name}"
  done
  printf '  %s plan\n' "$tool"
  printf '\nChange connector.tf, or the connector in the sandbox, and plan again. See\n%s/tests/sandbox/README.md.\n' "$root"
  printf '\nTo remove everything:\n\n  kill %d && rm -rf %q\n' "$sandbox" "$work"
  exit
fi

step 'Destroy' 'Only the end of the output is shown.'
terraform_brief 0 '/^Plan:/p; /Destroy/p; /Destruction/p' destroy -auto-approve
answer=$(request GET "$object")
if [[ $answer != 404* ]]; then fail "The connector is still in the sandbox: $answer"; fi

printf '\n%sDone.%s The sandbox and its directory are removed.\n' "$bold" "$plain"
printf 'Next, see README.md, "Against a real account". To experiment with your own\n'
printf 'changes, run examples/quickstart/run.sh --keep.\n'
