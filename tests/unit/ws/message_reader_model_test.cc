// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// MessageReader model test: random streams, whose events are known, cut at
// random.

#include <gtest/gtest.h>

#include <algorithm>
#include <random>
#include <string>
#include <string_view>

#include "support/pattern.h"
#include "unit/ws/reader_test.h"
#include "ws/deflater.h"

namespace eddy::internal {
namespace {

using test::Events;
using test::Frame;
using test::kBinary;
using test::kCont;
using test::kFin;
using test::kPing;
using test::kPong;
using test::kRsv1;
using test::kText;

// Writes random messages, and what a reader should make of them.
class StreamModel {
 public:
  StreamModel(unsigned seed, bool is_masked, bool may_compress,
              bool keeps_context)
      : random_(seed),
        is_masked_(is_masked),
        may_compress_(may_compress),
        keeps_context_(keeps_context),
        deflater_(Deflater::Create(9 + static_cast<int>(seed % 7), 6, 8)) {}

  void AddMessages(int count) {
    for (int i = 0; i < count; ++i) AddMessage();
  }
  // How it ends: with a close frame or with a fault.
  void AddEnd() {
    switch (Below(4)) {
      case 0:
        stream_ += test::CloseFrame(3000, "done", is_masked_);
        events_.push_back("close 3000 done");
        break;
      case 1:
        stream_ += Frame(kFin | kText, "late \xff", is_masked_);
        events_.push_back("failed 1007 a text that is not UTF-8");
        break;
      case 2:
        stream_ += Frame(kFin | kCont, "x", is_masked_);
        events_.push_back("failed 1002 a fragment of no message");
        break;
      default:
        stream_ += Frame(kFin | kPing, "x", !is_masked_);
        events_.push_back(is_masked_ ? "failed 1002 a frame that is not masked"
                                     : "failed 1002 a frame that is masked");
    }
    stream_ += test::Pattern(Below(50));
  }

  const std::string& stream() const { return stream_; }
  const Events& events() const { return events_; }

 private:
  std::size_t Below(std::size_t end) {
    return std::uniform_int_distribution<std::size_t>(0, end - 1)(random_);
  }

  std::string Payload() {
    const std::size_t sizes[] = {10, 130, 700, 5000, 70'000};
    std::string text = test::Pattern(Below(sizes[Below(5)]), Below(1000));
    if (Below(2) == 0) return text;
    const std::string_view letters[] = {"\xc3\xa4", "\xe2\x82\xac",
                                        "\xf0\x9f\x98\x80"};
    for (std::size_t n = Below(20); n > 0; --n) {
      text += letters[Below(3)];
      text += test::Pattern(Below(9));
    }
    return text;
  }

  void AddMessage() {
    const bool is_text = Below(2) == 0;
    std::string payload = Payload();
    if (!is_text && !payload.empty()) payload[Below(payload.size())] = '\xff';
    const std::string event = (is_text ? "text " : "binary ") + payload;
    unsigned first = is_text ? kText : kBinary;
    if (may_compress_ && Below(2) == 0) {
      std::span<const std::byte> out;
      EXPECT_TRUE(deflater_->Deflate(AsBytes(payload), keeps_context_, out));
      payload = AsText(out);
      first |= kRsv1;
    }
    std::string_view rest = payload;
    for (std::size_t fragments = Below(3) == 0 ? Below(6) : 0; fragments > 0;
         --fragments) {
      const std::size_t size = Below(rest.size() + 1);
      stream_ += Frame(first, rest.substr(0, size), is_masked_);
      rest.remove_prefix(size);
      first = kCont;
      MaybeAddControl();
    }
    stream_ += Frame(kFin | first, rest, is_masked_);
    events_.push_back(event);
    MaybeAddControl();
  }

  void MaybeAddControl() {
    if (Below(3) != 0) return;
    const bool is_ping = Below(2) == 0;
    const std::string payload = test::Pattern(Below(126));
    stream_ += Frame(kFin | (is_ping ? kPing : kPong), payload, is_masked_);
    events_.push_back((is_ping ? "ping " : "pong ") + payload);
  }

  std::mt19937 random_;
  bool is_masked_;
  bool may_compress_;
  bool keeps_context_;
  std::unique_ptr<Deflater> deflater_;
  std::string stream_;
  Events events_;
};

TEST(MessageReaderModelTest, RandomStreamsGiveTheirEventsHoweverTheyAreCut) {
  for (unsigned seed = 0; seed < 120; ++seed) {
    const bool is_masked = seed % 2 == 0;
    const bool may_compress = seed % 3 != 0;
    const bool keeps_context = seed % 5 == 0;
    StreamModel model(seed, is_masked, may_compress, keeps_context);
    model.AddMessages(20);
    if (seed % 4 != 0) model.AddEnd();

    std::mt19937 random(seed);
    const std::size_t max_pieces[] = {3, 50, 2000, 30'000, 1'000'000};
    for (const std::size_t max_piece : max_pieces) {
      test::ReaderRig rig({.is_masked = is_masked,
                           .may_compress = may_compress,
                           .keeps_context = keeps_context,
                           .limits = {1 << 20, 1 << 10, 0}});
      std::string_view rest = model.stream();
      while (!rest.empty()) {
        const std::size_t size =
            std::min(rest.size(), 1 + random() % max_piece);
        rig.Feed(rest.substr(0, size));
        rest.remove_prefix(size);
      }
      ASSERT_TRUE(rig.events() == model.events())
          << "seed " << seed << ", pieces of up to " << max_piece;
    }
  }
}

}  // namespace
}  // namespace eddy::internal
