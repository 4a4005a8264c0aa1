// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Fake stream: a transport's bytes on their way.

#include "support/fake_stream.h"

#include <algorithm>
#include <utility>

#include "base/check.h"

namespace eddy::test {

FakePoller::Stream::Stream(FakePoller& poller, internal::Transport& transport)
    : Entry(poller, transport.fd()), transport_(transport) {
  transport_.notes.is_receiving = true;
}

void FakePoller::Stream::SetReceiving(bool on) {
  transport_.notes.is_receiving = on;
  holds_back_ = poller_.Chance(0.5);
}

std::size_t FakePoller::Stream::TrySend(std::span<const std::byte> first,
                                        std::span<const std::byte> second) {
  EDDY_CHECK(transport_.output().empty(), "TrySend must not pass output()");
  if (is_over() || send_ || poller_.Chance(0.3)) return 0;
  if (poller_.Chance(0.5)) {
    const std::size_t size = poller_.UpTo(first.size() + second.size());
    first = first.first(std::min(size, first.size()));
    second = second.first(size - first.size());
  }
  if (first.empty()) return 0;
  const ssize_t sent = os::SendPair(fd(), first, second);
  if (sent < 0 && !os::WouldBlock(sent)) try_error_ = static_cast<int>(-sent);
  return sent < 0 ? 0 : static_cast<std::size_t>(sent);
}

void FakePoller::Stream::Flush() {
  if (is_over() || send_) return;
  if (try_error_ != 0) {
    error_ = try_error_;
    received_.clear();
    return;
  }
  Send& send = send_.emplace(Send{});
  const std::size_t max_views = 1 + poller_.UpTo(send.views.size() - 1);
  const std::size_t max_bytes =
      1 + poller_.UpTo(poller_.options_.max_sent_bytes - 1);
  send.count = transport_.output().Gather(
      std::span(send.views).first(max_views), max_bytes);
  send.turns = poller_.Delay();
}

short FakePoller::Stream::Events() const {
  if (is_over()) return 0;
  const int events = (WantsBytes() ? POLLIN : 0) |
                     (send_ && send_->waits_for_room ? POLLOUT : 0);
  return static_cast<short>(events);
}

bool FakePoller::Stream::IsDue() const {
  if (is_over()) return false;
  return (send_ && !send_->waits_for_room) || CanDeliver() || CanEnd();
}

void FakePoller::Stream::Turn(short found) {
  const bool sends_first = poller_.Chance(0.5);
  if (sends_first) AdvanceSend(found);
  if (!is_over() && WantsBytes() && (found & (POLLIN | kFailed)) != 0) Fetch();
  if (!is_over()) Deliver();
  if (!is_over() && !sends_first) AdvanceSend(found);
}

void FakePoller::Stream::Close() {
  transport_.notes.is_closing = true;
  Leave();
  turns_to_close_ = poller_.Delay();
}

bool FakePoller::Stream::FinishClosing() {
  if (turns_to_close_-- > 0) return false;
  // The kernel may get to it late; what it reads must still be there.
  if (send_ && send_->count > 0 && poller_.Chance(0.5)) {
    static_cast<void>(os::SendViews(fd(), send_->bytes()));
  }
  transport_.OnClosed();
  return true;
}

bool FakePoller::Stream::WantsBytes() const {
  return transport_.notes.is_receiving && !has_fin_ && error_ == 0 &&
         received_.empty();
}

bool FakePoller::Stream::CanDeliver() const {
  return !received_.empty() &&
         (transport_.notes.is_receiving || !holds_back_ || error_ != 0);
}

bool FakePoller::Stream::CanEnd() const {
  if (!received_.empty()) return false;
  if (error_ != 0) return true;
  return has_fin_ && transport_.notes.is_receiving &&
         !transport_.notes.has_ended;
}

void FakePoller::Stream::AdvanceSend(short found) {
  if (!send_) return;
  if (send_->waits_for_room ? (found & (POLLOUT | kFailed)) == 0
                            : send_->turns-- > 0) {
    return;
  }
  std::size_t sent = 0;
  if (send_->count > 0) {
    const ssize_t result = os::SendViews(fd(), send_->bytes());
    send_->waits_for_room = os::WouldBlock(result);
    if (send_->waits_for_room) return;
    if (result < 0) return Break(static_cast<int>(-result));
    sent = static_cast<std::size_t>(result);
  }
  send_.reset();
  transport_.OnSent(sent);
  if (!is_over() && !transport_.output().empty()) Flush();
}

void FakePoller::Stream::Fetch() {
  std::vector<std::byte> block(poller_.options_.max_received_bytes);
  const ssize_t result = os::Recv(fd(), block);
  if (os::WouldBlock(result)) return;
  if (result < 0) error_ = static_cast<int>(-result);
  if (result == 0) has_fin_ = true;
  auto rest = std::span<const std::byte>(block).first(
      static_cast<std::size_t>(std::max(result, ssize_t{0})));
  while (!rest.empty()) {
    const std::size_t most = poller_.Chance(0.1) ? 1 : rest.size();
    const auto piece = rest.first(1 + poller_.UpTo(most - 1));
    received_.emplace_back(piece.begin(), piece.end());
    rest = rest.subspan(piece.size());
  }
}

void FakePoller::Stream::Deliver() {
  std::size_t count = 1 + poller_.UpTo(received_.size());
  for (; count > 0 && CanDeliver(); --count) {
    const std::vector<std::byte> piece = std::move(received_.front());
    received_.pop_front();
    transport_.OnBytes(piece);
    if (is_over()) return;
  }
  if (!CanEnd()) return;
  if (error_ != 0) return Break(error_);
  transport_.notes.has_ended = true;
  transport_.OnEnd(Status());
}

void FakePoller::Stream::Break(int error) {
  transport_.notes.is_broken = true;
  transport_.notes.has_ended = true;
  transport_.OnEnd(Status::FromErrno(error));
}

}  // namespace eddy::test
