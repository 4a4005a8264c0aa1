// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectTest: Connect on every backend.

#include <sys/socket.h>

#include <cerrno>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "conformance/poller_test.h"
#include "conformance/recording_transport.h"
#include "os/socket.h"
#include "support/faulty_syscalls.h"

namespace eddy::test {
namespace {

// Keeps the outcome.
class Connector final : public internal::ConnectSink {
 public:
  void OnConnect(const Status& status) override {
    EXPECT_FALSE(outcome) << "told twice";
    outcome = status;
    if (when_connected) when_connected();
  }

  std::optional<Status> outcome;
  std::function<void()> when_connected;
};

class ConnectTest : public PollerTest {
 protected:
  // Connects a new socket to `address`, and returns what came of it.
  Status ConnectTo(const Address& address) {
    fd_ = Unwrap(os::CreateSocket(address.family()), "socket");
    Status status = poller().Connect(fd_.get(), address, connector_);
    if (!status.ok()) {
      Settle();
      EXPECT_FALSE(connector_.outcome) << "told after an error";
      return status;
    }
    EXPECT_FALSE(connector_.outcome) << "told before Wait";
    if (!RunUntil([&] { return connector_.outcome.has_value(); })) {
      return Error::kTimeout;
    }
    Settle();
    return *connector_.outcome;
  }
  UniqueFd Accept() {
    AwaitReady(listener_.get(), POLLIN);
    return UniqueFd(os::AcceptFrom(listener_.get()).fd);
  }

  UniqueFd listener_ = ListenOnLoopback();
  const Address address_ = os::LocalAddress(listener_.get());
  UniqueFd fd_;
  Connector connector_;
};
EDDY_ON_EVERY_BACKEND(ConnectTest);

TEST_P(ConnectTest, ReachesAListener) {
  ASSERT_TRUE(ConnectTo(address_).ok());
  const UniqueFd accepted = Accept();
  WriteAll(fd_.get(), "hello");
  EXPECT_EQ(ReadAll(accepted.get(), 5), "hello");
}

TEST_P(ConnectTest, ReachesAUnixListener) {
  const Address name =
      Address::Unix("@eddy-connect-test-" + std::to_string(address_.port()));
  listener_ = Unwrap(os::Listen(name, {}), "listen");
  ASSERT_TRUE(ConnectTo(name).ok());
  const UniqueFd accepted = Accept();
  WriteAll(fd_.get(), "hello");
  EXPECT_EQ(ReadAll(accepted.get(), 5), "hello");
}

TEST_P(ConnectTest, TellsOfARefusal) {
  const UniqueFd mute = BindOnLoopback();
  const Status status = ConnectTo(os::LocalAddress(mute.get()));
  EXPECT_EQ(status.code(), std::errc::connection_refused) << status.message();
}

TEST_P(ConnectTest, TellsOfAUnixPathWithoutListener) {
  const Status status = ConnectTo(Address::Unix("/nonexistent/eddy.sock"));
  EXPECT_EQ(status.code(), std::errc::no_such_file_or_directory)
      << status.message();
}

TEST_P(ConnectTest, ASignalDoesNotDisturbIt) {
  FaultySyscalls faults;
  faults.Add(FaultySyscalls::Call::kConnect, {.error = EINTR, .count = 1});
  EXPECT_TRUE(ConnectTo(address_).ok());
}

TEST_P(ConnectTest, NothingIsToldAfterRemove) {
  fd_ = Unwrap(os::CreateSocket(address_.family()), "socket");
  ASSERT_TRUE(poller().Connect(fd_.get(), address_, connector_).ok());
  poller().Remove(fd_.get());
  Settle();
  EXPECT_FALSE(connector_.outcome);
}

// Whether or not it has reached the listener by then.
TEST_P(ConnectTest, RemovedAndClosedItLeavesNoConnection) {
  for (const bool has_begun : {false, true}) {
    fd_ = Unwrap(os::CreateSocket(address_.family()), "socket");
    Connector connector;
    ASSERT_TRUE(poller().Connect(fd_.get(), address_, connector).ok());
    if (has_begun) {
      ASSERT_TRUE(poller().Wait({}).ok());
    }
    poller().Remove(fd_.get());
    fd_.Reset();
    const UniqueFd next = test::ConnectTo(address_);
    WriteAll(next.get(), "x");
    std::string text;
    while (text != "x") {
      const UniqueFd accepted = Accept();
      ASSERT_TRUE(AwaitReady(accepted.get(), POLLIN));
      EXPECT_TRUE(ReadSome(accepted.get(), text) != Stream::kOpen ||
                  text == "x");
    }
  }
}

// A listener whose backlog is full answers nobody.
TEST_P(ConnectTest, RemoveEndsOneThatWaits) {
  const UniqueFd full = BindOnLoopback();
  ASSERT_EQ(::listen(full.get(), 0), 0);
  const Address address = os::LocalAddress(full.get());
  std::vector<UniqueFd> crowd;
  for (int i = 0; i < 3; ++i) {
    crowd.push_back(Unwrap(os::CreateSocket(address.family()), "socket"));
    const os::SocketAddress name(address);
    os::Connect(crowd.back().get(), name.get(), name.size);
  }
  fd_ = Unwrap(os::CreateSocket(address.family()), "socket");
  ASSERT_TRUE(poller().Connect(fd_.get(), address, connector_).ok());
  Settle();
  ASSERT_FALSE(connector_.outcome);
  poller().Remove(fd_.get());
  // Others may use the descriptor at once.
  struct Nobody final : internal::ReadySink {
    void OnReady(Interest) override {}
  } nobody;
  EXPECT_TRUE(poller().Add(fd_.get(), Interest::kNone, nobody).ok());
  Settle();
  EXPECT_FALSE(connector_.outcome);
  poller().Remove(fd_.get());
}

TEST_P(ConnectTest, OnConnectMayOpenATransport) {
  std::optional<RecordingTransport> transport;
  connector_.when_connected = [&] {
    ASSERT_TRUE(connector_.outcome->ok());
    transport.emplace(poller(), std::move(fd_));
    EXPECT_TRUE(transport->Open().ok());
    transport->Send("hello");
  };
  ASSERT_TRUE(ConnectTo(address_).ok());
  const UniqueFd accepted = Accept();
  ASSERT_TRUE(RunUntil([&] { return transport->sent == 5; }));
  EXPECT_EQ(ReadAll(accepted.get(), 5), "hello");
}

TEST_P(ConnectTest, AFailedDescriptorIsFree) {
  const UniqueFd mute = BindOnLoopback();
  const Address address = os::LocalAddress(mute.get());
  EXPECT_FALSE(ConnectTo(address).ok());
  Connector again;
  const Status status = poller().Connect(fd_.get(), address, again);
  EXPECT_NE(status.code(), Error::kInvalidArgument);
  poller().Remove(fd_.get());
}

}  // namespace
}  // namespace eddy::test
