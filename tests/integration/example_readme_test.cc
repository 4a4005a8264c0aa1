// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Readme test: the program that README.md shows; compiling it is half of it.

#include <sys/socket.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <thread>

#include "integration/example_test.h"
#include "os/socket.h"

namespace eddy {
namespace {

// A connection to a server that does not say when it listens; none when the
// test is out of patience.
UniqueFd ConnectOnceItListens(const Address& address) {
  const os::SocketAddress name(address);
  const auto limit = std::chrono::steady_clock::now() + test::kPatience;
  do {
    UniqueFd fd = test::Unwrap(os::CreateSocket(address.family()), "socket");
    if (::connect(fd.get(), name.get(), name.size) == 0) return fd;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  } while (std::chrono::steady_clock::now() < limit);
  return {};
}

TEST(ReadmeTest, ItsEchoServerWorks) {
  const std::string address = "unix:@eddy-readme-" + std::to_string(::getpid());
  ASSERT_EQ(::setenv("EDDY_README_ADDRESS", address.c_str(), 1), 0);
  const test::ChildProcess server(EDDY_README_ECHO, {});
  const UniqueFd client =
      ConnectOnceItListens(test::Unwrap(Address::Parse(address), "address"));
  ASSERT_TRUE(client);
  EXPECT_TRUE(test::WriteAll(client.get(), "hello"));
  EXPECT_EQ(test::ReadAll(client.get(), 5), "hello");
}

}  // namespace
}  // namespace eddy
