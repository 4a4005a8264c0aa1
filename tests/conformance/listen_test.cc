// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ListenTest: Listen on every backend.

#include <fcntl.h>

#include <cerrno>
#include <functional>
#include <vector>

#include "conformance/poller_test.h"
#include "os/socket.h"
#include "support/faulty_syscalls.h"

namespace eddy::test {
namespace {

// Keeps what comes in.
class Acceptor final : public internal::ListenSink {
 public:
  void OnAccept(UniqueFd fd, Address peer) override {
    EXPECT_TRUE(fd);
    accepted.push_back(std::move(fd));
    peers.push_back(std::move(peer));
    if (when_accepted) when_accepted();
  }
  void OnAcceptError(int error) override {
    errors.push_back(error);
    if (when_failed) when_failed();
  }

  std::vector<UniqueFd> accepted;
  std::vector<Address> peers;
  std::vector<int> errors;
  std::function<void()> when_accepted, when_failed;
};

class ListenTest : public PollerTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(poller().Listen(listener_.get(), acceptor_).ok());
  }
  void TearDown() override { poller().Remove(listener_.get()); }
  void ConnectSome(int count) {
    for (int i = 0; i < count; ++i) clients_.push_back(ConnectTo(address_));
  }
  bool RunUntilAccepted(std::size_t count) {
    return RunUntil([&] { return acceptor_.accepted.size() >= count; });
  }

  UniqueFd listener_ = ListenOnLoopback();
  const Address address_ = os::LocalAddress(listener_.get());
  std::vector<UniqueFd> clients_;
  Acceptor acceptor_;
};
EDDY_ON_EVERY_BACKEND(ListenTest);

TEST_P(ListenTest, EveryConnectionIsAccepted) {
  ConnectSome(200);
  EXPECT_TRUE(RunUntilAccepted(200));
  Settle();
  EXPECT_EQ(acceptor_.accepted.size(), 200U);
  EXPECT_TRUE(acceptor_.errors.empty());
}

TEST_P(ListenTest, AnAcceptedConnectionReachesItsPeer) {
  ConnectSome(1);
  ASSERT_TRUE(RunUntilAccepted(1));
  WriteAll(acceptor_.accepted.front().get(), "hello");
  EXPECT_EQ(ReadAll(clients_.front().get(), 5), "hello");
}

TEST_P(ListenTest, ThePeerIsRightOrUnknown) {
  ConnectSome(20);
  ASSERT_TRUE(RunUntilAccepted(20));
  for (std::size_t i = 0; i < 20; ++i) {
    const Address& told = acceptor_.peers[i];
    if (told.family() == Address::Family::kNone) continue;
    EXPECT_EQ(told, os::PeerAddress(acceptor_.accepted[i].get()));
  }
}

TEST_P(ListenTest, WhatIsAcceptedIsNonBlockingAndClosedOnExec) {
  ConnectSome(1);
  ASSERT_TRUE(RunUntilAccepted(1));
  const int fd = acceptor_.accepted.front().get();
  EXPECT_NE(::fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(fd, F_GETFD) & FD_CLOEXEC, 0);
}

TEST_P(ListenTest, RemovedInsideOnAcceptItAcceptsNoMore) {
  acceptor_.when_accepted = [&] { poller().Remove(listener_.get()); };
  ConnectSome(10);
  ASSERT_TRUE(RunUntilAccepted(1));
  Settle();
  EXPECT_EQ(acceptor_.accepted.size(), 1U);
}

TEST_P(ListenTest, ItMayBeListenedToAgain) {
  acceptor_.when_accepted = [&] { poller().Remove(listener_.get()); };
  ConnectSome(2);
  ASSERT_TRUE(RunUntilAccepted(1));
  acceptor_.when_accepted = nullptr;
  ASSERT_TRUE(poller().Listen(listener_.get(), acceptor_).ok());
  EXPECT_TRUE(RunUntilAccepted(2));
}

TEST_P(ListenTest, RemovedAndClosedItRefusesAtOnce) {
  const UniqueFd mute = BindOnLoopback();  // so that nobody takes over the port
  const Address address = os::LocalAddress(mute.get());
  UniqueFd listener =
      Unwrap(os::Listen(address, {.reuse_port = true}), "listen");
  Acceptor acceptor;
  ASSERT_TRUE(poller().Listen(listener.get(), acceptor).ok());
  Settle();
  poller().Remove(listener.get());
  listener.Reset();
  const UniqueFd client = Unwrap(os::CreateSocket(address.family()), "socket");
  const os::SocketAddress name(address);
  if (::connect(client.get(), name.get(), name.size) != 0) {
    AwaitReady(client.get(), POLLOUT);
  }
  EXPECT_EQ(os::TakeError(client.get()), ECONNREFUSED);
}

TEST_P(ListenTest, ListensOnAUnixSocket) {
  const Address name =
      Address::Unix("@eddy-listen-test-" + std::to_string(address_.port()));
  const UniqueFd listener = Unwrap(os::Listen(name, {}), "listen");
  Acceptor acceptor;
  ASSERT_TRUE(poller().Listen(listener.get(), acceptor).ok());
  const UniqueFd client = ConnectTo(name);
  EXPECT_TRUE(RunUntil([&] { return acceptor.accepted.size() == 1; }));
  poller().Remove(listener.get());
}

TEST_P(ListenTest, WithoutDescriptorsItSaysSoAndGoesOn) {
  FaultySyscalls faults;
  faults.Add(FaultySyscalls::Call::kAccept, {.error = EMFILE, .count = 2});
  ConnectSome(3);
  EXPECT_TRUE(RunUntilAccepted(3));
  EXPECT_EQ(acceptor_.errors, (std::vector{EMFILE, EMFILE}));
}

TEST_P(ListenTest, WithoutDescriptorsItMayBeRemovedToBackOff) {
  FaultySyscalls faults;
  faults.Add(FaultySyscalls::Call::kAccept, {.error = EMFILE, .count = 1});
  acceptor_.when_failed = [&] { poller().Remove(listener_.get()); };
  ConnectSome(1);
  ASSERT_TRUE(RunUntil([&] { return !acceptor_.errors.empty(); }));
  Settle();
  EXPECT_TRUE(acceptor_.accepted.empty());
  EXPECT_EQ(acceptor_.errors.size(), 1U);
  ASSERT_TRUE(poller().Listen(listener_.get(), acceptor_).ok());
  EXPECT_TRUE(RunUntilAccepted(1));
}

TEST_P(ListenTest, APeerThatGaveUpIsNotMentioned) {
  FaultySyscalls faults;
  faults.Add(FaultySyscalls::Call::kAccept,
             {.error = ECONNABORTED, .count = 3});
  ConnectSome(2);
  EXPECT_TRUE(RunUntilAccepted(2));
  EXPECT_TRUE(acceptor_.errors.empty());
  EXPECT_EQ(faults.fault_count(), 3U);
}

TEST_P(ListenTest, ASignalDoesNotDisturbIt) {
  FaultySyscalls faults;
  faults.Add(FaultySyscalls::Call::kAccept, {.error = EINTR, .count = 3});
  ConnectSome(2);
  EXPECT_TRUE(RunUntilAccepted(2));
  EXPECT_TRUE(acceptor_.errors.empty());
}

}  // namespace
}  // namespace eddy::test
