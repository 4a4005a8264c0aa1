// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ChildProcess: a program that a test runs and listens to.

#ifndef EDDY_SUPPORT_CHILD_PROCESS_H_
#define EDDY_SUPPORT_CHILD_PROCESS_H_

#include <sys/types.h>
#include <unistd.h>

#include <optional>
#include <string>
#include <vector>

#include "eddy/unique_fd.h"

namespace eddy::test {

// ChildStream: what a child writes to one of its streams, line by line.
//
// Thread: external.
class ChildStream {
 public:
  explicit ChildStream(UniqueFd fd) : fd_(std::move(fd)) {}

  // The next line, without its end; nothing when the stream is over or the
  // test is out of patience.
  std::optional<std::string> ReadLine();
  // All that was not read yet, once the child has closed the stream; nothing
  // when the test is out of patience.
  std::optional<std::string> ReadToEnd();

 private:
  // False: over, or out of patience.
  bool ReadMore();

  UniqueFd fd_;
  std::string text_;
  bool is_over_ = false;
};

// ChildProcess: runs from the constructor on; the destructor kills what still
// runs.
//
// A child that writes to one stream while the test waits on another may be held
// back by the pipe, which takes 64 KiB.
//
// Thread: external.
class ChildProcess {
 public:
  // `input`: the descriptor that the child reads from; its own copy of that.
  // Ends the test program if `path` can't be started.
  ChildProcess(const std::string& path,
               const std::vector<std::string>& arguments,
               int input = STDIN_FILENO);
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;
  ~ChildProcess();

  pid_t pid() const { return pid_; }
  ChildStream& output() { return output_; }
  ChildStream& errors() { return errors_; }

  // REQUIRES: WaitExit was not called.
  void Signal(int signal) const;

  // How a child ended, and what it wrote that was not read before.
  struct Exit {
    int code = -1;   // -1: a signal ended it
    int signal = 0;  // 0: none did
    std::string output;
    std::string errors;
  };
  // Waits until the child has ended; nothing when the test is out of patience.
  // REQUIRES: it was not called before.
  std::optional<Exit> WaitExit();

 private:
  struct Pipe {
    UniqueFd read_end;
    UniqueFd write_end;
  };

  static Pipe MakePipe();
  ChildProcess(const std::string& path,
               const std::vector<std::string>& arguments, int input,
               Pipe output, Pipe errors);

  ChildStream output_;
  ChildStream errors_;
  pid_t pid_ = -1;  // -1: it has ended, and its id may be another's
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_CHILD_PROCESS_H_
