#!/usr/bin/env bash
# Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
# install_test: installs eddy, moves it, and builds a user's program with it.
#
#   install_test.sh prefix BUILD_DIR             install, then move the prefix
#   install_test.sh cmake static|shared VERSION      a consumer by find_package
#   install_test.sh pkgconfig static|shared VERSION  a consumer by pkg-config
#
# Environment: CMAKE, CXX, WORK_DIR (everything is written there).
set -euo pipefail

consumer_dir="$(cd "$(dirname "$0")" && pwd)/consumer"
readonly consumer_dir
readonly prefix="$WORK_DIR/moved"

fail() {
  echo "install_test: $*" >&2
  exit 1
}

# The package must work from a place that it was not installed to, and nothing
# in it may remember the first place.
install_and_move() {
  local build_dir="$1" first="$WORK_DIR/first"
  rm -rf "$WORK_DIR"
  mkdir -p "$WORK_DIR"
  "$CMAKE" --install "$build_dir" --prefix "$first"
  if grep -rIl -e "$first" -e "$build_dir" "$first"; then
    fail "the files above name the place where they were built or installed"
  fi
  mv "$first" "$prefix"
}

# A static consumer must not look for libeddy.so, a shared one must.
check_linkage() {
  local kind="$1" program="$2" needed
  needed="$(LC_ALL=C readelf -d "$program")"
  if [[ "$kind" == static ]]; then
    [[ "$needed" != *libeddy.so* ]] || fail "$program needs libeddy.so"
  else
    [[ "$needed" == *libeddy.so.* ]] || fail "$program does without libeddy.so"
  fi
}

# Prints the directory of the installed eddy.pc or the like.
find_dir_of() {
  local found
  found="$(find "$prefix" -name "$1" -print -quit)"
  [[ -n "$found" ]] || fail "no $1 was installed"
  dirname "$found"
}

build_with_cmake() {
  local kind="$1" build_dir="$2" shared=OFF
  if [[ "$kind" == shared ]]; then shared=ON; fi
  "$CMAKE" -S "$consumer_dir" -B "$build_dir" -G Ninja \
    -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$CXX" \
    -DBUILD_SHARED_LIBS="$shared" -DCMAKE_BUILD_TYPE=Release
  "$CMAKE" --build "$build_dir"
}

build_with_pkg_config() {
  local kind="$1" build_dir="$2" output
  local -a options=() flags=()
  if [[ "$kind" == static ]]; then options=(--static); fi
  mkdir -p "$build_dir"
  PKG_CONFIG_PATH="$(find_dir_of eddy.pc)${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}"
  export PKG_CONFIG_PATH
  output="$(pkg-config "${options[@]}" --cflags --libs eddy)"
  # Both libraries are installed; -leddy alone would take the shared one.
  if [[ "$kind" == static ]]; then output="${output/-leddy/-l:libeddy.a}"; fi
  read -r -a flags <<<"$output"
  "$CXX" -std=c++20 -O1 "$consumer_dir/main.cc" "${flags[@]}" \
    -o "$build_dir/consumer"
}

test_consumer() {
  local way="$1" kind="$2" version="$3" build_dir="$WORK_DIR/$1-$2" output
  rm -rf "$build_dir"
  "build_with_$way" "$kind" "$build_dir"
  check_linkage "$kind" "$build_dir/consumer"
  output="$(LD_LIBRARY_PATH="$(find_dir_of libeddy.so)" "$build_dir/consumer")"
  echo "$output"
  [[ "$output" == "eddy $version" ]] || fail "expected 'eddy $version'"
}

case "${1:-}" in
  prefix) install_and_move "$2" ;;
  cmake) test_consumer cmake "$2" "$3" ;;
  pkgconfig) test_consumer pkg_config "$2" "$3" ;;
  *) fail "unknown command '${1:-}'" ;;
esac
