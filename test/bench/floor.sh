#!/bin/sh
# The least a shell does for one in-place deployment: verify, unpack, copy, set modes, run the hooks.
# usage: floor.sh BUNDLE.tgz ROOT
set -eu
bundle=$1 root=$2
mkdir -p "$root/revision" "$root/srv/app"
export HOST_DIR="$root"
[ ! -x "$root/revision/scripts/stop.sh" ] || "$root/revision/scripts/stop.sh"
sha256sum "$bundle" >/dev/null
tar -C "$root/revision" -xzf "$bundle"
cp -r "$root/revision/app/." "$root/srv/app/"
chmod -R u=rwX,go=rX "$root/srv/app"
"$root/revision/scripts/start.sh"
"$root/revision/scripts/validate.sh"
