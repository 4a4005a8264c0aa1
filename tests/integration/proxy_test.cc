// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ProxyTest: pipes between a server's connections and a client's.

#include <atomic>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "eddy/pipe.h"
#include "support/client_test.h"
#include "support/receive_budget.h"

namespace eddy::test {
namespace {

constexpr std::size_t kMark = std::size_t{256} << 10;

// Proxy: a server that passes everything on.
class Proxy {
 public:
  explicit Proxy(Backend backend, Address target)
      : target_(target.ToString()),
        server_(front_, ServerOptions{.address = "127.0.0.1:0",
                                      .num_loops = 2,
                                      .backend = backend,
                                      .connection = Narrow()}),
        client_(back_, server_, {.connection = Narrow()}) {
    front_.on_connect = [this](Connection& front) { Couple(front); };
    front_.on_message = back_.on_message = [](Connection&, RingBuffer&) {
      ADD_FAILURE() << "a message that was not piped";
    };
    EXPECT_TRUE(client_.Start().ok());
    EXPECT_TRUE(server_.Start().ok());
  }

  Address address() const { return server_.address(); }
  Server& server() { return server_; }
  ScriptedHandler& front() { return front_; }
  ScriptedHandler& back() { return back_; }

  // The most that one pair holds now: what was received and not yet sent.
  std::size_t Held() {
    std::size_t most = 0;
    for (const ConnectionHandle& handle : {front_.handle(), back_.handle()}) {
      std::atomic<bool> is_done = false;
      std::size_t held = 0;
      if (!handle
               .Post([&](Connection& connection) {
                 held = connection.output_size() + connection.input_size();
                 is_done = true;
               })
               .ok()) {
        continue;
      }
      Eventually([&] { return is_done.load(); });
      most += held;
    }
    return most;
  }

 private:
  static ConnectionOptions Narrow() {
    ConnectionOptions options;
    options.high_watermark_bytes = kMark;
    options.low_watermark_bytes = 128 << 10;
    return options;
  }

  void Couple(Connection& front) {
    front.PauseReading();
    client_.Connect(target_, {}, [near = front.handle()](const auto& far) {
      Connection* const left = near.Find();
      Connection* const right = far ? far->Find() : nullptr;
      if (left != nullptr && right != nullptr && Pipe(*left, *right).ok()) {
        return left->ResumeReading();
      }
      if (left != nullptr) left->Abort();
      if (right != nullptr) right->Abort();
    });
  }

  const std::string target_;
  ScriptedHandler front_;
  ScriptedHandler back_;
  Server server_;
  eddy::Client client_;
};

class ProxyTest : public ServerTest {
 protected:
  ~ProxyTest() override {
    for (const auto& proxy : proxies_) {
      proxy->server().Stop();
      EXPECT_TRUE(proxy->server().Wait().ok());
      EXPECT_TRUE(Eventually(
          [&] { return proxy->back().connects() == proxy->back().closes(); }));
      EXPECT_EQ(proxy->front().connects(), proxy->front().closes());
    }
  }

  // `count` proxies before `target`, one before the other. Returns the first.
  Proxy& Chain(std::size_t count, Address target) {
    for (; count > 0; --count) {
      proxies_.push_back(std::make_unique<Proxy>(GetParam(), target));
      target = proxies_.back()->address();
    }
    return *proxies_.back();
  }
  void StartEcho() {
    // It reads while it can't send, and so relies on who asks to read.
    ServerOptions options = Options(1);
    echo_.emplace(echoer_, std::move(options));
    ASSERT_TRUE(echo_->Start().ok());
  }
  // Sends `text` and reads as much back, at once.
  static void ExpectEcho(const Address& address, const std::string& text) {
    const UniqueFd peer = ConnectTo(address);
    ASSERT_TRUE(AwaitReady(peer.get(), POLLOUT));
    std::thread writer([&] {
      EXPECT_TRUE(WriteAll(peer.get(), text));
      ::shutdown(peer.get(), SHUT_WR);
    });
    std::string read;
    EXPECT_EQ(AwaitEnd(peer, &read), Stream::kEnded);
    writer.join();
    EXPECT_TRUE(read == text) << read.size() << " of " << text.size();
  }

  ScriptedHandler echoer_;
  std::optional<Server> echo_;
  std::vector<std::unique_ptr<Proxy>> proxies_;
};
EDDY_ON_USABLE_BACKENDS(ProxyTest);

TEST_P(ProxyTest, PassesTwentyMebibytesOnThereAndBack) {
  StartEcho();
  Proxy& proxy = Chain(1, echo_->address());
  ExpectEcho(proxy.address(), Pattern(20 << 20));
}

TEST_P(ProxyTest, FiveInARowAreAsGoodAsOne) {
  StartEcho();
  Proxy& first = Chain(5, echo_->address());
  ExpectEcho(first.address(), Pattern(2 << 20));
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < 4; ++i) {
    threads.emplace_back(
        [&, i] { ExpectEcho(first.address(), Pattern(100'000, i)); });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST_P(ProxyTest, ATargetThatRefusesAbortsTheFront) {
  const UniqueFd mute = BindOnLoopback();
  Proxy& proxy = Chain(1, os::LocalAddress(mute.get()));
  const UniqueFd peer = ConnectTo(proxy.address());
  EXPECT_NE(AwaitEnd(peer), Stream::kOpen);
  EXPECT_EQ(proxy.front().AwaitClose().code(), Error::kAborted);
}

TEST_P(ProxyTest, AResetGoesThroughAllOfThem) {
  StartEcho();
  Proxy& first = Chain(3, echo_->address());
  UniqueFd peer = ConnectTo(first.address());
  EXPECT_EQ(Exchange(peer, "hello"), "hello");
  Reset(std::move(peer));
  EXPECT_EQ(echoer_.AwaitClose().code(), std::errc::connection_reset);
}

TEST_P(ProxyTest, ASinkThatDoesNotReadHoldsWhatAPipePromises) {
  const UniqueFd listener = ListenOnLoopback();
  Proxy& proxy = Chain(1, os::LocalAddress(listener.get()));
  const UniqueFd source = ConnectTo(proxy.address());
  ASSERT_TRUE(AwaitReady(source.get(), POLLOUT));
  ASSERT_TRUE(AwaitReady(listener.get(), POLLIN));
  const UniqueFd sink(os::AcceptFrom(listener.get()).fd);
  ASSERT_TRUE(sink);
  // Both ways, until nothing goes in any more for as long as the proxy takes to
  // answer a hundred times.
  std::size_t sent = 0;
  std::size_t sent_back = 0;
  std::size_t most = 0;
  for (int quiet = 0; quiet < 100; ++quiet) {
    const std::size_t more = FillUp(source.get());
    const std::size_t more_back = FillUp(sink.get());
    if (more + more_back > 0) quiet = 0;
    sent += more;
    sent_back += more_back;
    most = std::max(most, proxy.Held());
  }
  EXPECT_GT(most, kMark);
  // Each way the mark and what one turn receives; twice that, because what goes
  // from one connection to the other may be seen on both.
  EXPECT_LE(most, 2 * 2 * (kMark + ReceiveBudgetOf(GetParam())));
  // And nothing is lost.
  EXPECT_EQ(ReadAll(sink.get(), sent).size(), sent);
  EXPECT_EQ(ReadAll(source.get(), sent_back).size(), sent_back);
}

TEST_P(ProxyTest, StoppedInTheMiddleItEndsEveryPair) {
  StartEcho();
  Proxy& proxy = Chain(1, echo_->address());
  std::vector<UniqueFd> peers;
  for (int i = 0; i < 10; ++i) {
    peers.push_back(ConnectTo(proxy.address()));
    EXPECT_EQ(Exchange(peers.back(), "hello"), "hello");
  }
  for (const UniqueFd& peer : peers) FillUp(peer.get());
  proxy.server().Stop();
  EXPECT_TRUE(proxy.server().Wait().ok());
  for (const UniqueFd& peer : peers) EXPECT_NE(AwaitEnd(peer), Stream::kOpen);
  EXPECT_EQ(proxy.back().connects(), proxy.back().closes());
}

}  // namespace
}  // namespace eddy::test
