// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ChildProcess: starting, hearing and ending a program.

#include "support/child_process.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <utility>

#include "support/socket_pair.h"

extern char** environ;

namespace eddy::test {
namespace {

[[noreturn]] void Die(const std::string& what, int error) {
  std::fprintf(stderr, "%s: %s\n", what.c_str(), std::strerror(error));
  std::abort();
}

// Starts `path` with these ends as its streams, and with the signals that tests
// send doing what they do by default, whatever this process was started with.
pid_t Spawn(const std::string& path, const std::vector<std::string>& arguments,
            int input, int output, int errors) {
  std::vector<char*> argv = {const_cast<char*>(path.c_str())};
  for (const std::string& argument : arguments) {
    argv.push_back(const_cast<char*>(argument.c_str()));
  }
  argv.push_back(nullptr);

  posix_spawn_file_actions_t actions;
  ::posix_spawn_file_actions_init(&actions);
  if (input != STDIN_FILENO) {
    ::posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  }
  ::posix_spawn_file_actions_adddup2(&actions, output, STDOUT_FILENO);
  ::posix_spawn_file_actions_adddup2(&actions, errors, STDERR_FILENO);
  posix_spawnattr_t attributes;
  ::posix_spawnattr_init(&attributes);
  sigset_t defaults;
  ::sigemptyset(&defaults);
  ::sigaddset(&defaults, SIGINT);
  ::sigaddset(&defaults, SIGTERM);
  ::posix_spawnattr_setsigdefault(&attributes, &defaults);
  ::posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
  pid_t pid = -1;
  const int error = ::posix_spawn(&pid, path.c_str(), &actions, &attributes,
                                  argv.data(), environ);
  ::posix_spawnattr_destroy(&attributes);
  ::posix_spawn_file_actions_destroy(&actions);
  if (error != 0) Die(path, error);
  return pid;
}

int WaitForEnd(pid_t pid) {
  int status = 0;
  while (::waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) Die("waitpid", errno);
  }
  return status;
}

}  // namespace

bool ChildStream::ReadMore() {
  if (is_over_ || !AwaitReady(fd_.get(), POLLIN)) return false;
  std::array<char, 1 << 14> block;
  const ssize_t count = ::read(fd_.get(), block.data(), block.size());
  is_over_ = count <= 0;
  if (!is_over_) text_.append(block.data(), static_cast<std::size_t>(count));
  return !is_over_;
}

std::optional<std::string> ChildStream::ReadLine() {
  std::size_t end = text_.find('\n');
  while (end == std::string::npos) {
    const std::size_t searched = text_.size();
    if (!ReadMore()) return std::nullopt;
    end = text_.find('\n', searched);
  }
  std::string line = text_.substr(0, end);
  text_.erase(0, end + 1);
  return line;
}

std::optional<std::string> ChildStream::ReadToEnd() {
  while (ReadMore()) {
  }
  if (!is_over_) return std::nullopt;
  return std::exchange(text_, {});
}

ChildProcess::Pipe ChildProcess::MakePipe() {
  std::array<int, 2> ends{};
  // Not for other children: a write end that one of them has keeps the stream
  // from being over.
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) Die("pipe", errno);
  return {UniqueFd(ends[0]), UniqueFd(ends[1])};
}

ChildProcess::ChildProcess(const std::string& path,
                           const std::vector<std::string>& arguments, int input)
    : ChildProcess(path, arguments, input, MakePipe(), MakePipe()) {}

ChildProcess::ChildProcess(const std::string& path,
                           const std::vector<std::string>& arguments, int input,
                           Pipe output, Pipe errors)
    : output_(std::move(output.read_end)),
      errors_(std::move(errors.read_end)),
      pid_(Spawn(path, arguments, input, output.write_end.get(),
                 errors.write_end.get())) {}

ChildProcess::~ChildProcess() {
  if (pid_ < 0) return;
  ::kill(pid_, SIGKILL);
  WaitForEnd(pid_);
}

void ChildProcess::Signal(int signal) const {
  if (::kill(pid_, signal) != 0) Die("kill", errno);
}

std::optional<ChildProcess::Exit> ChildProcess::WaitExit() {
  auto output = output_.ReadToEnd();
  auto errors = errors_.ReadToEnd();
  // It has closed its streams, or is not going to.
  if (!output || !errors) return std::nullopt;
  const int status = WaitForEnd(std::exchange(pid_, -1));
  Exit exit{.output = *std::move(output), .errors = *std::move(errors)};
  if (WIFEXITED(status)) exit.code = WEXITSTATUS(status);
  if (WIFSIGNALED(status)) exit.signal = WTERMSIG(status);
  return exit;
}

}  // namespace eddy::test
