// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Fake stream: a transport's bytes on their way.

#ifndef EDDY_SUPPORT_FAKE_STREAM_H_
#define EDDY_SUPPORT_FAKE_STREAM_H_

#include <array>
#include <cstddef>
#include <deque>
#include <optional>
#include <span>
#include <vector>

#include "os/syscalls.h"
#include "support/fake_entry.h"

namespace eddy::test {

// Stream: holds what has been received until it is handed over, and where the
// bytes are that are being sent.
class FakePoller::Stream final : public Entry {
 public:
  Stream(FakePoller& poller, internal::Transport& transport);

  void SetReceiving(bool on);
  std::size_t TrySend(std::span<const std::byte> first,
                      std::span<const std::byte> second);
  void Flush();
  void Close();
  // Returns true once it has told of the end.
  bool FinishClosing();

  short Events() const override;
  bool IsDue() const override;
  void Turn(short found) override;

 private:
  // Send: the one that is under way.
  struct Send {
    std::array<std::span<const std::byte>, os::kMaxViews> views;
    std::size_t count = 0;  // 0: callbacks without bytes
    int turns = 0;
    bool waits_for_room = false;

    std::span<const std::span<const std::byte>> bytes() const {
      return std::span(views).first(count);
    }
  };

  // No more up-calls but OnClosed.
  bool is_over() const { return is_gone() || transport_.notes.is_broken; }
  bool WantsBytes() const;
  bool CanDeliver() const;
  bool CanEnd() const;
  void AdvanceSend(short found);
  void Fetch();
  void Deliver();
  void Break(int error);

  internal::Transport& transport_;
  std::deque<std::vector<std::byte>> received_;
  bool has_fin_ = false;
  int error_ = 0;            // to be told after what was received
  int try_error_ = 0;        // of TrySend, for Flush
  bool holds_back_ = false;  // what was received before SetReceiving(false)
  std::optional<Send> send_;
  int turns_to_close_ = 0;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_FAKE_STREAM_H_
