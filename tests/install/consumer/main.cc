// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// consumer: the smallest program that needs the installed headers and library.

#include <eddy/version.h>

#include <cstdio>

namespace {

// Says which eddy this program runs with, in the words the test waits for.
bool PrintVersion() { return std::printf("eddy %s\n", eddy::Version()) > 0; }

}  // namespace

int main() { return PrintVersion() ? 0 : 1; }
