#!/bin/sh
# Watches over the temporary folder $1: when standard input ends without the word "done", whoever created the
# folder has died, and its processes, network namespaces and files are removed.
set -u
folder=$1
namespaces=
links=
mounts=

while read -r kind name; do
  case $kind in
    done) exit 0 ;;
    netns) namespaces="$namespaces $name" ;;
    link) links="$links $name" ;;
    mount) mounts="$mounts $name" ;;
  esac
done

belongs() {
  case $(readlink "/proc/$1/cwd") in
    "$folder" | "$folder"/*) return 0 ;;
  esac
  tr '\0' '\n' <"/proc/$1/environ" | grep -q "^REPMGR_LAB_HOST=$folder\(/\|\$\)"
}

round=0
while [ "$round" -lt 50 ]; do
  found=no
  for entry in /proc/[0-9]*; do
    pid=${entry#/proc/}
    [ "$pid" = $$ ] && continue
    [ "$pid" = "$PPID" ] && continue # a shell that was started in the folder and called this by hand
    if belongs "$pid" 2>/dev/null; then
      kill -KILL "$pid" 2>/dev/null && found=yes
    fi
  done
  [ "$found" = no ] && break
  round=$((round + 1))
done

for name in $mounts; do umount "$name" 2>/dev/null; done
for name in $namespaces; do
  ip netns delete "$name" 2>/dev/null
  rm -rf "/etc/netns/$name"
done
for name in $links; do ip link delete "$name" 2>/dev/null; done
rm -rf -- "$folder"
