// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// TransportStormTest: many streams, and much of everything, on every backend.

#include <pthread.h>
#include <signal.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "conformance/poller_test.h"
#include "conformance/recording_transport.h"
#include "os/socket.h"

namespace eddy::test {
namespace {

// What any stream says: each its own part.
std::string_view Text() {
  static const std::string text = Pattern(400'000);
  return text;
}

// SignalStorm: interrupts the thread that made it, for as long as it lives.
class SignalStorm {
 public:
  SignalStorm() {
    struct sigaction action {};
    action.sa_handler = [](int) {};  // and no SA_RESTART
    ::sigaction(SIGUSR1, &action, &before_);
    thread_ = std::thread([this, target = ::pthread_self()] {
      while (!is_over_.load()) {
        ::pthread_kill(target, SIGUSR1);
        std::this_thread::yield();
      }
    });
  }
  SignalStorm(const SignalStorm&) = delete;
  SignalStorm& operator=(const SignalStorm&) = delete;
  ~SignalStorm() {
    is_over_.store(true);
    thread_.join();
    ::sigaction(SIGUSR1, &before_, nullptr);
  }

 private:
  std::atomic<bool> is_over_ = false;
  struct sigaction before_ {};
  std::thread thread_;
};

// Place: streams follow each other in it, each at the address and mostly with
// the descriptor of the one before.
class Place {
 public:
  explicit Place(Poller& poller) : poller_(poller) {}

  bool is_taken() const { return ours_.has_value(); }

  // A stream with bytes on their way both ways. `number` says how it goes on.
  void Begin(std::size_t number) {
    SocketPair pair = UnixPair();
    in_ = Text().substr(number * 3, 20'000);
    out_ = Text().substr(number * 5, 300'000);
    turns_left_ = number % 4;
    is_closing_ = false;
    peer_ = std::move(pair.peer);
    ours_.emplace(poller_, std::move(pair.ours));
    EXPECT_TRUE(ours_->Open().ok());
    if (number % 3 == 0) ours_->SetReceiving(false);
    ours_->Send(out_);
    EXPECT_EQ(WriteSome(peer_.get(), in_), in_.size());
    if (number % 11 == 0) os::ShutdownWrite(peer_.get());
    if (number % 5 == 0) ours_->when_bytes = [this] { Close(); };
    if (number % 7 == 0) ours_->when_sent = [this] { Close(); };
  }
  // To be called once a turn. Returns whether the stream is at its end: what
  // came was its own, and nobody has its descriptor any more.
  bool GoOn() {
    if (!ours_->is_closed()) {
      if (turns_left_-- == 0) Close();
      return false;
    }
    EXPECT_TRUE(in_.starts_with(ours_->received));
    std::string at_peer;
    EXPECT_NE(ReadSome(peer_.get(), at_peer), Stream::kOpen);
    EXPECT_TRUE(out_.starts_with(at_peer));
    EXPECT_GE(at_peer.size(), ours_->sent);
    ours_.reset();
    peer_.Reset();
    return true;
  }

 private:
  void Close() {
    if (std::exchange(is_closing_, true)) return;
    ours_->Close();
  }

  Poller& poller_;
  UniqueFd peer_;
  std::optional<RecordingTransport> ours_;
  std::string_view in_, out_;
  std::size_t turns_left_ = 0;
  bool is_closing_ = false;
};

class TransportStormTest : public PollerTest {
 protected:
  // Link: a stream, and what is to arrive at its ends.
  struct Link {
    UniqueFd peer;
    std::unique_ptr<RecordingTransport> ours;
    std::string_view in;
    std::size_t written;

    std::string_view expected() const { return in.substr(0, written); }
  };

  // The other end has written as much as the kernel takes, all of it its own.
  void AddFull(std::size_t number) {
    SocketPair pair = UnixPair();
    const std::string_view in = Text().substr(number);
    const std::size_t written = WriteSome(pair.peer.get(), in);
    links.push_back(
        {std::move(pair.peer),
         std::make_unique<RecordingTransport>(poller(), std::move(pair.ours)),
         in, written});
  }
  std::size_t received() const {
    std::size_t size = 0;
    for (const auto& link : links) size += link.ours->received.size();
    return size;
  }
  std::size_t written() const {
    std::size_t size = 0;
    for (const auto& link : links) size += link.written;
    return size;
  }
  void ExpectAllOf(const Link& link) {
    EXPECT_TRUE(link.ours->received == link.expected());
  }

  std::vector<Link> links;
};
EDDY_ON_EVERY_BACKEND(TransportStormTest);

// More than a poller has memory for at a time.
TEST_P(TransportStormTest, AllThatWaitedForManyToBeOpenedArrives) {
  for (std::size_t i = 0; i < 200; ++i) AddFull(i);
  for (auto& link : links) ASSERT_TRUE(link.ours->Open().ok());
  ASSERT_TRUE(RunUntil([&] { return received() >= written(); }));
  for (const auto& link : links) ExpectAllOf(link);
}

TEST_P(TransportStormTest, ManyThatPausedStopAndTakeNothingFromOthers) {
  for (std::size_t i = 0; i < 200; ++i) AddFull(i);
  for (auto& link : links) {
    ASSERT_TRUE(link.ours->Open().ok());
    link.ours->when_bytes = [&link] { link.ours->SetReceiving(false); };
  }
  ASSERT_TRUE(RunUntil([&] {
    for (const auto& link : links) {
      if (link.ours->received.empty()) return false;
    }
    return true;
  }));
  Settle();
  const std::size_t before = received();
  for (auto& link : links) {
    link.written += WriteSome(link.peer.get(), link.in.substr(link.written));
  }
  SocketPair pair = UnixPair();
  RecordingTransport other(poller(), std::move(pair.ours));
  ASSERT_TRUE(other.Open().ok());
  std::size_t at = 0;
  ASSERT_TRUE(RunUntil([&] {
    at += WriteSome(pair.peer.get(), Text().substr(at));
    return other.received.size() == Text().size();
  }));
  EXPECT_TRUE(other.received == Text());
  EXPECT_EQ(received(), before);
  for (auto& link : links) {
    link.ours->when_bytes = nullptr;
    link.ours->SetReceiving(true);
  }
  ASSERT_TRUE(RunUntil([&] { return received() >= written(); }));
  for (const auto& link : links) ExpectAllOf(link);
}

TEST_P(TransportStormTest, AThousandStreamsMayFollowEachOtherInTheSamePlaces) {
  std::vector<std::unique_ptr<Place>> places;
  for (int i = 0; i < 4; ++i) {
    places.push_back(std::make_unique<Place>(poller()));
  }
  constexpr std::size_t kCount = 1000;
  std::size_t begun = 0;
  std::size_t ended = 0;
  for (std::size_t goal = 100; goal <= kCount; goal += 100) {
    ASSERT_TRUE(RunUntil([&] {
      for (auto& place : places) {
        if (place->is_taken() && place->GoOn()) ++ended;
        if (!place->is_taken() && begun < kCount) place->Begin(begun++);
      }
      return ended >= goal;
    }));
  }
}

TEST_P(TransportStormTest, SignalsAndASlowReaderChangeNoByte) {
  const std::string_view out = Text().substr(1);
  const std::string_view in = Text().substr(2);
  SocketPair pair = UnixPair();
  SetBufferBytes(pair.ours.get(), 1 << 12);
  SetBufferBytes(pair.peer.get(), 1 << 12);
  RecordingTransport transport(poller(), std::move(pair.ours));
  ASSERT_TRUE(transport.Open().ok());
  const SignalStorm storm;
  std::string at_peer;
  std::array<char, 3000> block;
  std::size_t written = 0;
  std::size_t queued = 0;
  ASSERT_TRUE(RunUntil([&] {
    if (queued < out.size()) {
      const std::size_t size = std::min(out.size() - queued, queued % 9000 + 1);
      transport.Send(out.substr(queued, size));
      queued += size;
    }
    written += WriteSome(pair.peer.get(), in.substr(written));
    const ssize_t count =
        ::recv(pair.peer.get(), block.data(), block.size(), 0);
    if (count > 0)
      at_peer.append(block.data(), static_cast<std::size_t>(count));
    return at_peer.size() == out.size() &&
           transport.received.size() == in.size();
  }));
  EXPECT_TRUE(at_peer == out);
  EXPECT_TRUE(transport.received == in);
}

}  // namespace
}  // namespace eddy::test
