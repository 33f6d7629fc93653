#!/usr/bin/env bash
# Builds the image that the pods run in. The environment chooses:
#   CONTAINER_ENGINE   docker (the default), podman, or any command with docker's build and run
#   TARGET             cpu (the default) or gpu
#   IMAGE              its name and tag; by default triptych:VERSION, or triptych:VERSION-gpu
#   BASE_IMAGE         what it is built on; by default what kubeflow/deploy/Dockerfile says
#   PIP_INDEX_URL, UV_DEFAULT_INDEX   a mirror of the package index, if there is one
# Arguments are handed on to the engine's build.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

die() { printf 'image: %s\n' "$*" >&2; exit "${status:-2}"; }

read -ra engine <<<"${CONTAINER_ENGINE:-docker}"
target=${TARGET:-cpu}
version=$(sed -n '/^version = /{s/.*"\(.*\)"/\1/p;q}' pyproject.toml)

case $target in
  cpu) image=${IMAGE:-triptych:$version} ;;
  gpu) image=${IMAGE:-triptych:$version-gpu} ;;
  *) die "TARGET is cpu or gpu, not '$target'." ;;
esac
case ${image##*/} in
  *:latest) die "A run has to say which image it used: give $image another tag than latest." ;;
  *:?*) ;;
  *) die "A run has to say which image it used: give IMAGE=$image a tag, such as $image:$version." ;;
esac
repository=${image%:*}
# A host, which has a dot or a port, may be in any case.
case $repository in *.*/* | *:*/*) repository=${repository#*/} ;; esac
case $repository in
  *[[:upper:]]*)
    die "$image has capital letters, and image names are lower case: put the address of your registry" \
      "in place of a word like REGISTRY, such as registry.example.com."
    ;;
esac
command -v "${engine[0]}" >/dev/null ||
  die "There is no ${engine[0]} here: install Docker or Podman, or name a command like them with" \
    "CONTAINER_ENGINE=..."

options=(-f kubeflow/deploy/Dockerfile --target "$target" -t "$image")
[ -z "${BASE_IMAGE:-}" ] || options+=(--build-arg "BASE_IMAGE=$BASE_IMAGE")
# The engine takes these from the environment: a mirror's address may hold a password.
for name in PIP_INDEX_URL UV_DEFAULT_INDEX; do
  [ -z "${!name:-}" ] || options+=(--build-arg "$name")
done
"${engine[@]}" build "${options[@]}" "$@" . ||
  status=1 die "${engine[*]} did not build $image; its last lines, above, say why."
printf 'Built %s in %d s.\n' "$image" "$SECONDS"
