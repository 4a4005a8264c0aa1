// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Progress: a line on the terminal that shows how the run goes.

#ifndef EDDY_BENCH_LOAD_PROGRESS_H_
#define EDDY_BENCH_LOAD_PROGRESS_H_

#include <string>

#include "bench/load/options.h"
#include "bench/load/window.h"

namespace eddy::load {

// Writes to stderr, and nothing at all when that is no terminal.
//
// Thread: main.
class Progress {
 public:
  explicit Progress(const Options& options);
  // Leaves no trace of the line.
  ~Progress();

  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  bool is_shown() const { return is_shown_; }

  void Show(const Window::State& state);

 private:
  std::string LineFor(const Window::State& state) const;

  const Options& options_;
  const bool is_shown_;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_PROGRESS_H_
