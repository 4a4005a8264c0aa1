// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SyscallsTest: the wrappers, and the faults that tests put into them.

#include "os/syscalls.h"

#include <gtest/gtest.h>

#include <array>
#include <cerrno>
#include <string>
#include <string_view>
#include <vector>

#include "eddy/bytes.h"
#include "os/socket.h"
#include "support/faulty_syscalls.h"
#include "support/socket_pair.h"

namespace eddy::os {
namespace {

using test::FaultySyscalls;
using test::SocketPair;
using Call = FaultySyscalls::Call;

class SyscallsTest : public ::testing::Test {
 protected:
  int ours() const { return pair_.ours.get(); }
  int peer() const { return pair_.peer.get(); }
  std::span<const std::byte> hello() const { return AsBytes(hello_); }

  SocketPair pair_ = test::UnixPair();
  std::array<std::byte, 64> block_{};
  const std::string hello_ = "hello";
};

TEST_F(SyscallsTest, BytesGoThere) {
  EXPECT_EQ(Send(ours(), hello()), 5);
  EXPECT_EQ(Recv(peer(), block_), 5);
  EXPECT_EQ(AsText(std::span(block_).first(5)), "hello");
}

TEST_F(SyscallsTest, NothingToReadWouldBlock) {
  EXPECT_TRUE(WouldBlock(Recv(ours(), block_)));
}

TEST_F(SyscallsTest, NoRoomWouldBlock) {
  test::FillUp(ours());
  EXPECT_TRUE(WouldBlock(Send(ours(), hello())));
}

TEST_F(SyscallsTest, NeitherSuccessNorAnotherErrorWouldBlock) {
  EXPECT_FALSE(WouldBlock(0));
  EXPECT_FALSE(WouldBlock(5));
  EXPECT_FALSE(WouldBlock(-ECONNRESET));
}

TEST_F(SyscallsTest, TheEndIsZero) {
  pair_.peer.Reset();
  EXPECT_EQ(Recv(ours(), block_), 0);
}

TEST_F(SyscallsTest, ErrorsAreNegative) {
  EXPECT_EQ(Recv(-1, block_), -EBADF);
  EXPECT_EQ(Send(-1, hello()), -EBADF);
  EXPECT_EQ(SendViews(-1, std::array{hello(), hello()}), -EBADF);
  EXPECT_EQ(Accept(-1, nullptr, nullptr), -EBADF);
  EXPECT_EQ(Connect(-1, nullptr, 0), -EBADF);
}

TEST_F(SyscallsTest, ABrokenPipeIsAnErrorAndNoSignal) {
  pair_.peer.Reset();
  EXPECT_EQ(Send(ours(), hello()), -EPIPE);
  EXPECT_EQ(SendViews(ours(), std::array{hello(), hello()}), -EPIPE);
}

TEST_F(SyscallsTest, ViewsAreSentInOrder) {
  std::vector<std::string> texts;
  std::string all;
  for (std::size_t i = 0; i < kMaxViews; ++i) {
    texts.push_back(test::Pattern(i % 7 + 1, static_cast<unsigned>(i)));
    all += texts.back();
  }
  std::vector<std::span<const std::byte>> views;
  for (const std::string& text : texts) views.push_back(AsBytes(text));
  EXPECT_EQ(SendViews(ours(), views), static_cast<ssize_t>(all.size()));
  EXPECT_EQ(test::ReadAll(peer(), all.size()), all);
}

TEST_F(SyscallsTest, OneViewIsSentAsWell) {
  EXPECT_EQ(SendViews(ours(), std::array{hello()}), 5);
  EXPECT_EQ(test::ReadAll(peer(), 5), "hello");
}

TEST_F(SyscallsTest, InterruptedCallsAreRepeated) {
  FaultySyscalls faults;
  for (const Call call : {Call::kRecv, Call::kSend, Call::kSendmsg}) {
    faults.Add(call, {.error = EINTR, .count = 3});
  }
  EXPECT_EQ(Send(ours(), hello()), 5);
  EXPECT_EQ(SendViews(ours(), std::array{hello(), hello()}), 10);
  EXPECT_EQ(Recv(peer(), block_), 15);
  EXPECT_EQ(faults.fault_count(), 9U);
}

TEST_F(SyscallsTest, AnInterruptedAcceptIsRepeated) {
  const UniqueFd listener = test::ListenOnLoopback();
  const UniqueFd client = test::ConnectTo(LocalAddress(listener.get()));
  test::AwaitReady(listener.get(), POLLIN);
  FaultySyscalls faults;
  faults.Add(Call::kAccept, {.error = EINTR, .count = 3});
  EXPECT_TRUE(UniqueFd(Accept(listener.get(), nullptr, nullptr)));
  EXPECT_EQ(faults.fault_count(), 3U);
}

TEST_F(SyscallsTest, AnInterruptedConnectIsNotRepeated) {
  const UniqueFd listener = test::ListenOnLoopback();
  const SocketAddress name(LocalAddress(listener.get()));
  const auto fd = CreateSocket(Address::Family::kIpv4);
  ASSERT_TRUE(fd);
  FaultySyscalls faults;
  faults.Add(Call::kConnect, {.error = EINTR, .count = 1});
  EXPECT_EQ(Connect(fd->get(), name.get(), name.size), -EINTR);
  EXPECT_TRUE(test::AwaitReady(fd->get(), POLLOUT));
  EXPECT_EQ(TakeError(fd->get()), 0);
}

TEST_F(SyscallsTest, AFaultMayBeLimitedToOneDescriptor) {
  FaultySyscalls faults;
  faults.Add(Call::kSend, {.error = ENOBUFS, .fd = ours()});
  EXPECT_EQ(Send(peer(), hello()), 5);
  EXPECT_EQ(Send(ours(), hello()), -ENOBUFS);
}

TEST_F(SyscallsTest, AFaultMayMakeCallsShort) {
  FaultySyscalls faults;
  faults.Add(Call::kSend, {.max_bytes = 2});
  faults.Add(Call::kSendmsg, {.max_bytes = 7});
  faults.Add(Call::kRecv, {.max_bytes = 4});
  EXPECT_EQ(Send(ours(), hello()), 2);
  EXPECT_EQ(SendViews(ours(), std::array{hello(), hello()}), 7);
  EXPECT_EQ(Recv(peer(), block_), 4);
  EXPECT_EQ(test::ReadAll(peer(), 5), "llohe");
}

TEST_F(SyscallsTest, FaultsMayBeChancesThatASeedDecides) {
  const auto faults_of = [&](std::uint32_t seed) {
    FaultySyscalls faults(seed);
    faults.Add(Call::kSend, {.error = ENOBUFS, .probability = 0.5});
    std::string outcome;
    for (int i = 0; i < 64; ++i) {
      outcome += Send(ours(), hello()) < 0 ? 'x' : '.';
    }
    return outcome;
  };
  EXPECT_EQ(faults_of(1), faults_of(1));
  EXPECT_NE(faults_of(1), faults_of(2));
}

TEST_F(SyscallsTest, TheSystemIsBackWhenTheFaultsAreGone) {
  {
    FaultySyscalls faults;
    faults.Add(Call::kSend, {.error = ENOBUFS});
    EXPECT_EQ(Send(ours(), hello()), -ENOBUFS);
  }
  EXPECT_EQ(active.load(), &kSystem);
  EXPECT_EQ(Send(ours(), hello()), 5);
}

}  // namespace
}  // namespace eddy::os
