// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SocketTest: making, naming and setting up sockets.

#include "os/socket.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdio>
#include <cstring>
#include <string>
#include <utility>

#include "support/socket_pair.h"

namespace eddy::os {
namespace {

using test::AwaitReady;
using test::ConnectTo;
using test::SocketPair;
using test::TcpPair;
using test::UnixPair;
using test::Unwrap;

const Address kLoopback = Address::Ipv4({127, 0, 0, 1}, 0);

int OptionOf(int fd, int level, int name) {
  int value = -1;
  socklen_t size = sizeof(value);
  EXPECT_EQ(::getsockopt(fd, level, name, &value, &size), 0);
  return value;
}

// One that the next accept on `listener` gives.
UniqueFd AcceptOne(int listener) {
  AwaitReady(listener, POLLIN);
  return UniqueFd(AcceptFrom(listener).fd);
}

// TemporaryPath: a name in a folder of its own.
class TemporaryPath {
 public:
  TemporaryPath() {
    std::string folder = ::testing::TempDir() + "eddyXXXXXX";
    EXPECT_NE(::mkdtemp(folder.data()), nullptr);
    folder_ = folder;
  }
  ~TemporaryPath() {
    ::unlink(path().c_str());
    ::rmdir(folder_.c_str());
  }
  std::string path() const { return folder_ + "/socket"; }
  Address address() const { return Address::Unix(path()); }
  bool exists() const { return ::access(path().c_str(), F_OK) == 0; }

 private:
  std::string folder_;
};

TEST(SocketTest, ListenOnPortZeroTakesAFreePort) {
  const auto fd = Listen(kLoopback, {});
  ASSERT_TRUE(fd);
  EXPECT_NE(LocalAddress(fd->get()).port(), 0);
}

TEST(SocketTest, ListenersAreNonBlockingAndClosedOnExec) {
  const auto fd = Listen(kLoopback, {});
  ASSERT_TRUE(fd);
  EXPECT_NE(::fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
  EXPECT_EQ(AcceptFrom(fd->get()).fd, -EAGAIN);
}

TEST(SocketTest, AnAcceptedSocketComesWithItsPeer) {
  const UniqueFd listener = Unwrap(Listen(kLoopback, {}), "listen");
  const UniqueFd client = ConnectTo(LocalAddress(listener.get()));
  AwaitReady(listener.get(), POLLIN);
  const Accepted accepted = AcceptFrom(listener.get());
  const UniqueFd fd(accepted.fd);
  ASSERT_TRUE(fd);
  EXPECT_EQ(accepted.peer.ToAddress(), LocalAddress(client.get()));
  EXPECT_EQ(PeerAddress(fd.get()), LocalAddress(client.get()));
  EXPECT_EQ(LocalAddress(fd.get()), PeerAddress(client.get()));
}

TEST(SocketTest, APortInUseIsSaidWithTheAddress) {
  const UniqueFd first = Unwrap(Listen(kLoopback, {}), "listen");
  const Address taken = LocalAddress(first.get());
  const auto second = Listen(taken, {});
  ASSERT_FALSE(second);
  EXPECT_EQ(second.status().code(), std::errc::address_in_use);
  EXPECT_EQ(second.status().message().find("listen on " + taken.ToString()),
            0U);
}

TEST(SocketTest, ReusePortSharesAPort) {
  const ListenOptions options{.reuse_port = true};
  const UniqueFd first = Unwrap(Listen(kLoopback, options), "listen");
  EXPECT_TRUE(Listen(LocalAddress(first.get()), options));
}

TEST(SocketTest, APortMayBeBoundAgainAtOnce) {
  UniqueFd listener = Unwrap(Listen(kLoopback, {}), "listen");
  const Address address = LocalAddress(listener.get());
  UniqueFd client = ConnectTo(address);
  UniqueFd accepted = AcceptOne(listener.get());
  accepted.Reset();  // closes first, and so stays in TIME_WAIT
  AwaitReady(client.get(), POLLIN);
  client.Reset();
  listener.Reset();
  EXPECT_TRUE(Listen(address, {}));
}

TEST(SocketTest, EveryAddressIncludesIpv4) {
  const auto any = Address::Parse(":0");
  ASSERT_TRUE(any);
  const UniqueFd listener = Unwrap(Listen(*any, {}), "listen");
  const std::uint16_t port = LocalAddress(listener.get()).port();
  const UniqueFd client = ConnectTo(Address::Ipv4({127, 0, 0, 1}, port));
  const UniqueFd accepted = AcceptOne(listener.get());
  ASSERT_TRUE(accepted);
  EXPECT_EQ(PeerAddress(accepted.get()), LocalAddress(client.get()));
}

TEST(SocketTest, AcceptedSocketsInheritTheOptions) {
  for (const bool on : {false, true}) {
    const UniqueFd listener =
        Unwrap(Listen(kLoopback, {.no_delay = on, .keep_alive = on}), "listen");
    const UniqueFd client = ConnectTo(LocalAddress(listener.get()));
    const UniqueFd fd = AcceptOne(listener.get());
    EXPECT_EQ(OptionOf(fd.get(), IPPROTO_TCP, TCP_NODELAY) != 0, on);
    EXPECT_EQ(OptionOf(fd.get(), SOL_SOCKET, SO_KEEPALIVE) != 0, on);
  }
}

TEST(SocketTest, NoDelayMayBeSwitched) {
  const SocketPair pair = TcpPair();
  for (const bool on : {true, false}) {
    SetNoDelay(pair.ours.get(), on);
    EXPECT_EQ(OptionOf(pair.ours.get(), IPPROTO_TCP, TCP_NODELAY) != 0, on);
  }
}

TEST(SocketTest, ListensOnAUnixPath) {
  const TemporaryPath path;
  const UniqueFd listener = Unwrap(Listen(path.address(), {}), "listen");
  EXPECT_EQ(LocalAddress(listener.get()), path.address());
  const UniqueFd client = ConnectTo(path.address());
  const UniqueFd accepted = AcceptOne(listener.get());
  ASSERT_TRUE(accepted);
  EXPECT_EQ(PeerAddress(client.get()), path.address());
  EXPECT_EQ(PeerAddress(accepted.get()).family(), Address::Family::kNone);
}

TEST(SocketTest, AStaleUnixPathIsReplaced) {
  const TemporaryPath path;
  Unwrap(Listen(path.address(), {}), "listen").Reset();
  ASSERT_TRUE(path.exists());
  const auto listener = Listen(path.address(), {});
  ASSERT_TRUE(listener) << listener.status().message();
  const UniqueFd client = ConnectTo(path.address());
  EXPECT_TRUE(AcceptOne(listener->get()));
}

TEST(SocketTest, AUnixPathInUseIsLeftAlone) {
  const TemporaryPath path;
  const UniqueFd first = Unwrap(Listen(path.address(), {}), "listen");
  EXPECT_EQ(Listen(path.address(), {}).status().code(),
            std::errc::address_in_use);
  const UniqueFd client = ConnectTo(path.address());
  EXPECT_TRUE(AcceptOne(first.get()));
}

TEST(SocketTest, AFileThatIsNoSocketIsLeftAlone) {
  const TemporaryPath path;
  const UniqueFd file(
      ::open(path.path().c_str(), O_CREAT | O_WRONLY | O_CLOEXEC, 0600));
  ASSERT_TRUE(file);
  EXPECT_EQ(Listen(path.address(), {}).status().code(),
            std::errc::address_in_use);
  EXPECT_TRUE(path.exists());
}

TEST(SocketTest, AUnixPathInNoFolderIsAnError) {
  const auto listener = Listen(Address::Unix("/nonexistent/eddy"), {});
  EXPECT_EQ(listener.status().code(), std::errc::no_such_file_or_directory);
}

TEST(SocketTest, UnlinkPathRemovesOnlyPaths) {
  const TemporaryPath path;
  const UniqueFd listener = Unwrap(Listen(path.address(), {}), "listen");
  UnlinkPath(kLoopback);
  UnlinkPath(Address::Unix("@" + path.path()));
  EXPECT_TRUE(path.exists());
  UnlinkPath(path.address());
  EXPECT_FALSE(path.exists());
}

TEST(SocketTest, AnAddressSurvivesTheSystemsForm) {
  for (const char* text :
       {"127.0.0.1:80", "[::1]:443", "[2001:db8::7]:1", "[fe80::1%7]:9",
        "unix:/run/eddy.sock", "unix:@eddy"}) {
    const auto address = Address::Parse(text);
    ASSERT_TRUE(address) << text;
    EXPECT_EQ(SocketAddress(*address).ToAddress(), *address) << text;
  }
}

TEST(SocketTest, AMappedAddressIsIpv4) {
  sockaddr_in6 in{};
  in.sin6_family = AF_INET6;
  in.sin6_port = htons(80);
  in.sin6_addr.s6_addr[10] = in.sin6_addr.s6_addr[11] = 0xFF;
  in.sin6_addr.s6_addr[12] = 10;
  in.sin6_addr.s6_addr[15] = 1;
  SocketAddress name;
  std::memcpy(&name.storage, &in, sizeof(in));
  name.size = sizeof(in);
  EXPECT_EQ(name.ToAddress(), Address::Ipv4({10, 0, 0, 1}, 80));
}

TEST(SocketTest, AFamilyThatIsNotKnownIsNoAddress) {
  SocketAddress name;
  name.storage.ss_family = AF_APPLETALK;
  EXPECT_EQ(name.ToAddress().family(), Address::Family::kNone);
}

// Linux then counts a NUL that is not in the structure.
TEST(SocketTest, APathThatFillsTheSystemsFormIsReadToItsEnd) {
  sockaddr_un un{};
  un.sun_family = AF_UNIX;
  std::memset(un.sun_path, 'p', sizeof(un.sun_path));
  SocketAddress name;
  std::memset(&name.storage, 'x', sizeof(name.storage));
  std::memcpy(&name.storage, &un, sizeof(un));
  name.size = sizeof(un) + 1;
  EXPECT_EQ(name.ToAddress().path(), std::string(sizeof(un.sun_path), 'p'));
}

TEST(SocketTest, AnAbstractNameEndsWithItsSize) {
  const SocketAddress name(Address::Unix("@eddy"));
  EXPECT_EQ(name.size, offsetof(sockaddr_un, sun_path) + 5);
}

TEST(SocketTest, WithoutAPeerThereIsNoAddress) {
  const UniqueFd fd = Unwrap(CreateSocket(Address::Family::kIpv4), "socket");
  EXPECT_EQ(PeerAddress(fd.get()).family(), Address::Family::kNone);
  EXPECT_EQ(LocalAddress(-1).family(), Address::Family::kNone);
}

TEST(SocketTest, CreatedSocketsAreNonBlockingAndClosedOnExec) {
  const auto fd = CreateSocket(Address::Family::kUnix);
  ASSERT_TRUE(fd);
  EXPECT_NE(::fcntl(fd->get(), F_GETFL) & O_NONBLOCK, 0);
  EXPECT_NE(::fcntl(fd->get(), F_GETFD) & FD_CLOEXEC, 0);
}

TEST(SocketTest, ASocketOfNoFamilyIsAnError) {
  EXPECT_FALSE(CreateSocket(Address::Family::kNone));
}

TEST(SocketTest, AFileIsToldFromWhatMakesOneWait) {
  const UniqueFd folder(::open(".", O_RDONLY | O_CLOEXEC));
  const UniqueFd device(::open("/dev/null", O_RDONLY | O_CLOEXEC));
  std::FILE* const file = std::tmpfile();
  ASSERT_NE(file, nullptr);
  const SocketPair pair = UnixPair();
  EXPECT_TRUE(IsFile(::fileno(file)));
  EXPECT_TRUE(IsFile(folder.get()));
  EXPECT_FALSE(IsFile(device.get()));
  EXPECT_FALSE(IsFile(pair.ours.get()));
  EXPECT_FALSE(IsFile(-1));
  std::fclose(file);
}

TEST(SocketTest, AnErrorIsTakenOnce) {
  SocketPair pair = UnixPair();
  test::WriteAll(pair.ours.get(), "unread");
  pair.peer.Reset();
  EXPECT_EQ(TakeError(pair.ours.get()), ECONNRESET);
  EXPECT_EQ(TakeError(pair.ours.get()), 0);
  EXPECT_EQ(TakeError(-1), EBADF);
}

TEST(SocketTest, ShutdownWriteSendsFin) {
  const SocketPair pair = TcpPair();
  ShutdownWrite(pair.ours.get());
  AwaitReady(pair.peer.get(), POLLIN);
  EXPECT_TRUE(test::HasEnded(pair.peer.get()));
}

TEST(SocketTest, ResetOnCloseResets) {
  SocketPair pair = TcpPair();
  ResetOnClose(pair.ours.get());
  pair.ours.Reset();
  AwaitReady(pair.peer.get(), POLLIN);
  EXPECT_EQ(TakeError(pair.peer.get()), ECONNRESET);
}

TEST(SocketTest, ASocketThatIsConnectedToItselfIsSeen) {
  const UniqueFd self = test::BindOnLoopback();
  const Address address = LocalAddress(self.get());
  EXPECT_FALSE(IsConnectedToItself(self.get()));
  const SocketAddress name(address);
  ::connect(self.get(), name.get(), name.size);
  ASSERT_TRUE(test::AwaitReady(self.get(), POLLOUT));
  EXPECT_TRUE(IsConnectedToItself(self.get()));
  const test::SocketPair pair = test::TcpPair();
  EXPECT_FALSE(IsConnectedToItself(pair.ours.get()));
  const test::SocketPair unix_pair = test::UnixPair();
  EXPECT_FALSE(IsConnectedToItself(unix_pair.ours.get()));
}

}  // namespace
}  // namespace eddy::os
