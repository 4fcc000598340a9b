#!/usr/bin/env bash
# Admits the files that FILES lists, one a line: text in the log, annotations, a summary of the job, SARIF where it is asked
# for. Ends with mirust-admit's own status.
set -eu
files=()
# No mapfile: the bash of macOS does not have it.
while IFS= read -r line; do
  if [ -n "${line//[[:space:]]/}" ]; then files+=("$line"); fi
done <<< "${FILES-}"
if [ "${#files[@]}" -eq 0 ]; then
  echo 'the input "files" names no file' >&2
  exit 2
fi
reports=(--report github=-)
if [ -n "${GITHUB_STEP_SUMMARY-}" ]; then reports+=(--report "markdown=$GITHUB_STEP_SUMMARY"); fi
if [ -n "${SARIF-}" ]; then reports+=(--report "sarif=$SARIF"); fi
options=()
if [ -n "${POLICY-}" ]; then options+=(--policy "$POLICY"); fi
# An empty array is unset for the bash of macOS.
exec node "$GITHUB_ACTION_PATH/../../../apps/admit/dist/main.js" "${reports[@]}" ${options[@]+"${options[@]}"} -- "${files[@]}"
