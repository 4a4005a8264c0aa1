// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UringSendTest: how a ring is given what streams send.

#include <cstddef>
#include <filesystem>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "os/socket.h"
#include "os/syscalls.h"
#include "unit/poll/uring_test.h"

namespace eddy::test {
namespace {

// SendWatch: counts the sends that are under way, for as long as it lives.
// Those of a ring end with the turn, for none of them waits. At most one lives
// at a time.
//
// Thread: the poller's.
class SendWatch {
 public:
  SendWatch() {
    table_.intercept = [](os::RingCall call, int fd, std::size_t&) {
      if (call != os::RingCall::kReceive) {
        EXPECT_EQ(++under_way_[fd], 1) << "a second send is under way";
        ++by_ring_;
      }
      return 0;
    };
    table_.send = [](int fd, const void* data, std::size_t size, int flags) {
      EXPECT_EQ(under_way_[fd], 0) << "sent past one that is under way";
      return os::kSystem.send(fd, data, size, flags);
    };
    table_.sendmsg = [](int fd, const msghdr* message, int flags) {
      EXPECT_EQ(under_way_[fd], 0) << "sent past one that is under way";
      return os::kSystem.sendmsg(fd, message, flags);
    };
    under_way_.clear();
    by_ring_ = 0;
    os::active.store(&table_);
  }
  SendWatch(const SendWatch&) = delete;
  SendWatch& operator=(const SendWatch&) = delete;
  ~SendWatch() { os::active.store(&os::kSystem); }

  // To be called by OnSent.
  void End(int fd) { under_way_[fd] = 0; }
  // To be called between two turns.
  void EndAll() { under_way_.clear(); }
  int by_ring() const { return by_ring_; }

 private:
  static inline std::map<int, int> under_way_;  // by descriptor
  static inline int by_ring_ = 0;
  os::Syscalls table_ = os::kSystem;
};

class UringSendTest : public UringTest {
 protected:
  // Adds streams, open, for which the kernel holds little.
  void AddNarrow(int count) {
    for (int i = 0; i < count; ++i) {
      Link& link = Add();
      SetBufferBytes(link.ours->fd(), 1 << 13);
      EXPECT_TRUE(link.ours->Open().ok());
      link.ours->when_sent = [this, ours = link.ours.get()] {
        sends.End(ours->fd());
      };
    }
  }

  SendWatch sends;
};

TEST_F(UringSendTest, AStreamHasOneSendUnderWayHoweverOftenItIsFlushed) {
  const std::string text = Pattern(300'000);
  AddNarrow(20);
  std::size_t queued = 0;
  std::vector<std::string> at_peers(links().size());
  ASSERT_TRUE(RunUntil([&] {
    sends.EndAll();
    // Some in one piece, some in several.
    const auto piece = std::string_view(text).substr(queued, 7000);
    queued += piece.size();
    bool is_done = true;
    for (std::size_t i = 0; i < links().size(); ++i) {
      auto& transport = *links()[i].ours;
      transport.Queue(piece.substr(0, piece.size() / 2));
      if (i % 2 == 0) transport.Flush();
      transport.QueuePayload(piece.substr(piece.size() / 2));
      transport.Flush();
      transport.Flush();
      // The slow read little at a time.
      if (i % 3 != 0 || at_peers[i].size() < queued / 2) {
        ReadSome(links()[i].peer.get(), at_peers[i]);
      }
      is_done = is_done && transport.output().empty();
    }
    if (queued < text.size()) return false;
    for (std::size_t i = 0; i < links().size(); ++i) {
      ReadSome(links()[i].peer.get(), at_peers[i]);
      is_done = is_done && at_peers[i].size() == text.size();
    }
    return is_done;
  }));
  for (const auto& at_peer : at_peers) EXPECT_TRUE(at_peer == text);
  EXPECT_GT(sends.by_ring(), 0);
}

// Those that the kernel made for the ring are among them.
std::ptrdiff_t ThreadCount() {
  using Iterator = std::filesystem::directory_iterator;
  return std::distance(Iterator("/proc/self/task"), Iterator());
}

// What a kernel thread has had in its hands is let go of some time after its
// completion, so that closing need not take effect at once.
TEST_F(UringSendTest, ASendThatIsBlockedAfterFinIsNotHandedToAKernelThread) {
  AddNarrow(1);
  const auto before = ThreadCount();
  RecordingTransport& transport = *links()[0].ours;
  os::ShutdownWrite(links()[0].peer.get());
  ASSERT_TRUE(RunUntil([&] { return transport.fin_count == 1; }));
  transport.Send(Pattern(100'000));
  Settle();
  EXPECT_FALSE(transport.output().empty());
  EXPECT_EQ(ThreadCount(), before);
}

// Nothing that is said to the poller meanwhile makes it try again.
TEST_F(UringSendTest, AStreamThatWaitsForRoomIsLeftAlone) {
  AddNarrow(2);
  for (auto& link : links()) {
    link.ours->when_sent = nullptr;
    link.ours->Send(Pattern(100'000));
  }
  ASSERT_TRUE(RunUntil([&] {
    sends.EndAll();
    for (auto& link : links()) {
      if (!link.ours->notes.is_blocked) return false;
    }
    return true;
  }));
  EXPECT_GT(sends.by_ring(), 0);
  const int before = sends.by_ring();
  for (int i = 0; i < 10; ++i) {
    for (auto& link : links()) {
      link.ours->Send("more");
      link.ours->SetReceiving(i % 2 == 0);
      WriteAll(link.peer.get(), "x");
    }
    Settle();
  }
  EXPECT_EQ(sends.by_ring(), before);
  std::string at_peer;
  ASSERT_TRUE(RunUntil([&] {
    sends.EndAll();
    ReadSome(links()[0].peer.get(), at_peer);
    return at_peer.size() == 100'040;
  }));
}

}  // namespace
}  // namespace eddy::test
