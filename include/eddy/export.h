// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Export: marks what the shared library shows to programs.

#ifndef EDDY_EXPORT_H_
#define EDDY_EXPORT_H_

// The library is compiled with hidden symbols; only what carries this is seen
// from outside. It is right for the static library too, whose objects are the
// same ones.
#define EDDY_EXPORT __attribute__((visibility("default")))

#endif  // EDDY_EXPORT_H_
