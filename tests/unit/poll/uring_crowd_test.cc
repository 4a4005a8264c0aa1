// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UringCrowdTest: more at once than a ring has completions or buffers for.

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "poll/receive_buffers.h"
#include "unit/poll/uring_test.h"

namespace eddy::test {
namespace {

using internal::ReceiveBuffers;

// Its parameter: whether the kernel limits receives.
class UringCrowdTest : public UringTest,
                       public ::testing::WithParamInterface<bool> {
 protected:
  UringCrowdTest() : UringTest(GetParam()) {}

  // Adds streams whose ends both are transports, and opens them.
  void AddBothEnds(std::size_t count) {
    NeedDescriptors(2 * count + 100);
    for (std::size_t i = 0; i < count; ++i) {
      Link& link = Add();
      auto peer =
          std::make_unique<RecordingTransport>(poller(), std::move(link.peer));
      ASSERT_TRUE(link.ours->Open().ok());
      ASSERT_TRUE(peer->Open().ok());
      links().push_back({UniqueFd(), std::move(peer)});
    }
  }
  // Each end sends `text`, all in one turn. Returns the most completions that
  // the queue had no room for.
  std::size_t SendAll(std::string_view text) {
    std::optional<std::size_t> overrun;
    for (auto& link : links()) {
      link.ours->when_sent = [&] {
        if (!overrun) overrun = ring().Read().overrun;
      };
      link.ours->Send(text);
    }
    EXPECT_TRUE(RunUntil([&] { return overrun.has_value(); }));
    for (auto& link : links()) link.ours->when_sent = nullptr;
    return overrun.value_or(0);
  }
  bool RunUntilEachReceived(std::size_t size) {
    return RunUntil([&] {
      return std::all_of(links().begin(), links().end(), [&](const Link& link) {
        return link.ours->received.size() >= size;
      });
    });
  }

  // Adds streams, open, that have more to say than the ring has buffers for.
  // Returns how much each has said.
  std::size_t AddTalkers(std::size_t count) {
    std::size_t filled = 0;
    for (std::size_t i = 0; i < count; ++i) {
      Link& link = Add();
      filled = FillUp(link.peer.get());
      EXPECT_TRUE(link.ours->Open().ok());
    }
    EXPECT_GT(filled * count,
              ReceiveBuffers::kCount * ReceiveBuffers::kBlockBytes);
    return filled;
  }
  // Expects that receives found no buffer. It shows by their being submitted
  // again, which nothing else causes where there is no limit.
  void ExpectRefusals() {
    if (GetParam()) return;
    EXPECT_GT(ring().Read().submitted, links().size() + 2)
        << "there were buffers for all";
  }
};

EDDY_ON_KERNELS(UringCrowdTest);

// ---- Completions ------------------------------------------------------------

TEST_P(UringCrowdTest, NothingIsLostWhenTheQueueOfCompletionsIsOverrun) {
  AddBothEnds(2200);
  const std::string text = Pattern(1000);
  std::string expected;
  for (std::size_t round = 0; round < 4; ++round) {
    const std::string_view piece =
        std::string_view(text).substr(round * 100, 100 + round);
    expected += piece;
    ASSERT_GT(SendAll(piece), 0U) << "there was room for all";
    ASSERT_TRUE(RunUntilEachReceived(expected.size()));
    for (const auto& link : links()) {
      ASSERT_EQ(link.ours->received, expected);
      ASSERT_EQ(link.ours->sent, expected.size());
    }
  }
}

// It ends what goes on by itself: the watch of the wake descriptor, too.
TEST_P(UringCrowdTest, AWakeIsHeardAfterTheQueueOfCompletionsWasOverrun) {
  AddBothEnds(2200);
  for (int round = 1; round <= 3; ++round) {
    poller().Wake();
    ASSERT_GT(SendAll("x"), 0U) << "there was room for all";
    ASSERT_TRUE(RunUntilEachReceived(static_cast<std::size_t>(round)));
    Settle();
    poller().Wake();
    ASSERT_TRUE(poller().Wait(Poller::kForever).ok());
  }
}

TEST_P(UringCrowdTest, AllMayCloseWhileTheQueueOfCompletionsIsOverrun) {
  AddBothEnds(2200);
  ASSERT_GT(SendAll("x"), 0U) << "there was room for all";
  CloseAll();
}

// ---- Messages ---------------------------------------------------------------

// Each is of several pieces, of which a list is kept until the kernel has it.
TEST_P(UringCrowdTest, AllMaySendManyPiecesAtOnce) {
  constexpr std::size_t kBytes = 60'000;
  const std::string all = Pattern(kBytes + 500);
  const auto text = [&](std::size_t number) {
    return std::string_view(all).substr(number, kBytes);
  };
  for (std::size_t i = 0; i < 500; ++i) {
    RecordingTransport& transport = *Add().ours;
    ASSERT_TRUE(transport.Open().ok());
    for (std::size_t at = 0; at < kBytes; at += 1500) {
      transport.QueuePayload(text(i).substr(at, 1500));
    }
    transport.Flush();
  }
  std::vector<std::string> at_peers(links().size());
  ASSERT_TRUE(RunUntil([&] {
    bool is_done = true;
    for (std::size_t i = 0; i < links().size(); ++i) {
      ReadSome(links()[i].peer.get(), at_peers[i]);
      is_done = is_done && at_peers[i].size() >= kBytes;
    }
    return is_done;
  }));
  for (std::size_t i = 0; i < links().size(); ++i) {
    EXPECT_TRUE(at_peers[i] == text(i));
  }
}

// ---- Buffers ----------------------------------------------------------------

// Were the kernel's last refusal the first to be served, those in front would
// take all there is.
TEST_P(UringCrowdTest, WhoFoundNoBufferIsServedBeforeOthersAgainAndAgain) {
  const std::size_t filled = AddTalkers(300);
  std::vector<std::size_t> served(links().size());
  for (std::size_t i = 0; i < links().size(); ++i) {
    auto& transport = *links()[i].ours;
    transport.when_bytes = [&transport, &size = served[i]] {
      size += std::exchange(transport.received, std::string()).size();
    };
  }
  ASSERT_TRUE(RunUntil([&] {
    for (auto& link : links()) FillUp(link.peer.get());
    return std::find(served.begin(), served.end(), 0U) == served.end();
  }));
  ExpectRefusals();
  EXPECT_LE(*std::max_element(served.begin(), served.end()), 4 * filled);
}

// With fewer streams than buffers all may try in each turn, and their order
// decides.
TEST_P(UringCrowdTest, BuffersGoRoundWhenEachStreamHasMoreToSay) {
  AddTalkers(40);
  std::vector<std::size_t> served(links().size());
  for (std::size_t i = 0; i < links().size(); ++i) {
    auto& transport = *links()[i].ours;
    transport.when_bytes = [&transport, &size = served[i]] {
      size += std::exchange(transport.received, std::string()).size();
    };
  }
  for (int turn = 0; turn < 200; ++turn) {
    Turn();
    for (auto& link : links()) FillUp(link.peer.get());
  }
  const auto [least, most] = std::minmax_element(served.begin(), served.end());
  EXPECT_GT(*least, *most / 2);
}

// A turn has as many buffers as there are, so that it is of no use to try more
// receives than that again: all of them would fail, and their number would be
// squared.
TEST_P(UringCrowdTest, WhoFoundNoBufferTriesAgainOnlyWhenThereAreSome) {
  const std::size_t filled = AddTalkers(500);
  std::size_t received = 0;
  std::uint32_t blocks = 0;
  for (auto& link : links()) {
    link.ours->when_bytes = [&, ours = link.ours.get()] {
      received += std::exchange(ours->received, std::string()).size();
      ++blocks;
    };
  }
  ASSERT_TRUE(RunUntil([&] { return received == filled * links().size(); }));
  ExpectRefusals();
  // The limit takes one more of each.
  EXPECT_LE(ring().Read().submitted, 3 * links().size() + blocks);
}

TEST_P(UringCrowdTest, WhoFoundNoBufferMayCloseAndSleepsWhenPaused) {
  AddTalkers(300);
  RecordingTransport* first = nullptr;
  for (std::size_t i = 0; i < links().size(); ++i) {
    links()[i].ours->when_bytes = [this, &first, ours = links()[i].ours.get()] {
      if (first != nullptr) return;
      first = ours;
      for (std::size_t j = 0; j < links().size(); ++j) {
        auto& transport = *links()[j].ours;
        if (j % 2 == 0 && &transport != first) transport.Close();
        if (j % 2 == 1) transport.SetReceiving(false);
      }
    };
  }
  ASSERT_TRUE(RunUntil([&] { return first != nullptr; }));
  Settle();
  std::erase_if(links(),
                [](const Link& link) { return link.ours->is_closed(); });
  EXPECT_LE(links().size(), 151U);
  const std::uint32_t before = ring().Read().submitted;
  Settle();
  EXPECT_LE(ring().Read().submitted - before, 1U);
}

}  // namespace
}  // namespace eddy::test
