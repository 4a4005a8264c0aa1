// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ExampleTest: what tests of the example programs share.

#ifndef EDDY_INTEGRATION_EXAMPLE_TEST_H_
#define EDDY_INTEGRATION_EXAMPLE_TEST_H_

#include <gtest/gtest.h>
#include <signal.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "eddy/address.h"
#include "eddy/unique_fd.h"
#include "support/backends.h"
#include "support/child_process.h"
#include "support/socket_pair.h"

namespace eddy::test {

inline std::string ExamplePath(const std::string& name) {
  return std::string(EDDY_EXAMPLES_DIR) + '/' + name;
}

inline std::string BenchPath(const std::string& name) {
  return std::string(EDDY_BENCH_DIR) + '/' + name;
}

// ServerProcess: a program that serves on this machine and has said where.
class ServerProcess {
 public:
  // The program must be given "--port 0" or the like.
  ServerProcess(const std::string& path,
                const std::vector<std::string>& arguments)
      : child_(path, arguments) {
    constexpr std::string_view kIntro = "listening on ";
    const auto line = child_.output().ReadLine();
    if (!line || !line->starts_with(kIntro)) {
      ADD_FAILURE() << path << " said " << line.value_or("nothing") << ", "
                    << child_.errors().ReadLine().value_or("no error");
      return;
    }
    const auto address =
        Unwrap(Address::Parse(line->substr(kIntro.size())), line->c_str());
    address_ = Address::Ipv4({127, 0, 0, 1}, address.port());
  }

  ChildProcess& child() { return child_; }
  const Address& address() const { return address_; }

  // Sends `signal`; the program must end by itself, and well. Returns what it
  // wrote to its error stream and nobody has read.
  std::string StopWith(int signal) {
    child_.Signal(signal);
    const auto exit = child_.WaitExit();
    if (!exit) {
      ADD_FAILURE() << "it does not stop";
      return "";
    }
    EXPECT_EQ(exit->code, 0) << "signal " << exit->signal;
    EXPECT_EQ(exit->output, "");
    return exit->errors;
  }

 private:
  ChildProcess child_;
  Address address_;
};

// ExampleProcess: an example server, which also says what it runs on.
class ExampleProcess : public ServerProcess {
 public:
  ExampleProcess(const std::string& name,
                 const std::vector<std::string>& arguments)
      : ServerProcess(ExamplePath(name), arguments),
        intro_(child().errors().ReadLine().value_or("(nothing)")) {
    EXPECT_TRUE(intro_.starts_with("running on ")) << intro_;
  }

  const std::string& intro() const { return intro_; }

 private:
  std::string intro_;
};

// Client: a connection that speaks lines, or just bytes.
class Client {
 public:
  explicit Client(const Address& server) : fd_(ConnectTo(server)) {
    AwaitReady(fd_.get(), POLLOUT);
  }

  int fd() const { return fd_.get(); }

  void Send(std::string_view text) {
    EXPECT_TRUE(WriteAll(fd_.get(), text)) << text;
  }
  // The next line, without its end; what is left when the stream has ended, or
  // patience has.
  std::string ReadLine() {
    std::size_t end = text_.find('\n');
    while (end == std::string::npos) {
      const std::size_t searched = text_.size();
      if (!ReadMore()) return std::exchange(text_, {});
      end = text_.find('\n', searched);
    }
    std::string line = text_.substr(0, end);
    text_.erase(0, end + 1);
    return line;
  }
  // The next `count` bytes, or fewer likewise.
  std::string Read(std::size_t count) {
    while (text_.size() < count && ReadMore()) {
    }
    std::string bytes = text_.substr(0, count);
    text_.erase(0, count);
    return bytes;
  }
  // Reads what is left. Returns whether the peer ended the stream properly.
  bool ReadToEnd() {
    while (ReadMore()) {
    }
    return state_ == Stream::kEnded;
  }
  // Whether nothing has come that was not read yet.
  bool HasNothing() {
    if (state_ == Stream::kOpen) state_ = ReadSome(fd_.get(), text_);
    return text_.empty();
  }

 private:
  // False: no more will come, or patience has ended.
  bool ReadMore() {
    if (state_ != Stream::kOpen || !AwaitReady(fd_.get(), POLLIN)) return false;
    const std::size_t before = text_.size();
    state_ = ReadSome(fd_.get(), text_);
    return state_ == Stream::kOpen || text_.size() > before;
  }

  UniqueFd fd_;
  std::string text_;
  Stream state_ = Stream::kOpen;
};

// ExampleTest: a test of an example on each backend.
class ExampleTest : public ::testing::TestWithParam<Backend> {
 protected:
  // The example `name` on two loops and any port, with more arguments.
  ExampleProcess Start(const std::string& name,
                       const std::vector<std::string>& more = {}) const {
    std::vector<std::string> arguments = {
        "--port", "0",         "--loops",
        "2",      "--backend", std::string(ToString(GetParam()))};
    arguments.insert(arguments.end(), more.begin(), more.end());
    return ExampleProcess(name, arguments);
  }
};

}  // namespace eddy::test

#endif  // EDDY_INTEGRATION_EXAMPLE_TEST_H_
