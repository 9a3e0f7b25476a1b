# shellcheck shell=bash
# Run named steps ("legs") one after the other, go on after a failure, and close
# with a table. To be sourced by the scripts that run tests.
#
#   leg NAME COMMAND...       run a command and keep its result; never fails itself
#   no_leg NAME REASON        record a leg that cannot be run here
#   summary                   print the table; fails if any leg failed
#
# A script that runs as a leg of another one adds its own legs to the same table,
# indented and above the leg they belong to; only the outermost prints it.

_outermost=
_failed=0
if [ -z "${LEGS_TABLE:-}" ]; then
    _outermost=yes
    LEGS_TABLE=$(mktemp)
    LEGS_INDENT=""
    trap 'rm -f "$LEGS_TABLE"' EXIT
else
    LEGS_INDENT="$LEGS_INDENT  "
fi
export LEGS_TABLE LEGS_INDENT

_record() {
    printf '  %-48s %7s  %s\n' "$LEGS_INDENT$1" "$2" "$3" >>"$LEGS_TABLE"
}

leg() {
    local name=$1 started=$SECONDS status=0 result=passed seconds
    shift
    printf '\n==> %s\n' "$name"
    "$@" || status=$?
    seconds=$((SECONDS - started))
    if [ "$status" -ne 0 ]; then
        result="FAILED (exit $status)"
        _failed=1
    fi
    printf '<== %s: %s after %s s\n' "$name" "$result" "$seconds"
    _record "$name" "$seconds s" "$result"
}

no_leg() {
    printf '\n==> %s: could not be run: %s\n' "$1" "$2"
    _record "$1" "-" "could not be run: $2"
}

summary() {
    if [ -n "$_outermost" ]; then
        printf '\nLegs:\n'
        cat "$LEGS_TABLE"
    fi
    return "$_failed"
}
