// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// RecordingTransport: writes down what a poller tells of a stream.

#ifndef EDDY_CONFORMANCE_RECORDING_TRANSPORT_H_
#define EDDY_CONFORMANCE_RECORDING_TRANSPORT_H_

#include <gtest/gtest.h>

#include <algorithm>
#include <cstddef>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include "buffer/buffer_pool.h"
#include "conformance/poller_test.h"
#include "eddy/bytes.h"
#include "eddy/payload.h"

namespace eddy::test {

// RecordingTransport: a transport whose owner checks every up-call against the
// contract.
//
// Its storage goes back to the system as soon as it may, so that a poller that
// reads it later is found out.
class RecordingTransport final : public Transport {
 public:
  RecordingTransport(Poller& poller, UniqueFd fd)
      : Transport(fd.get()), poller_(poller), owned_(std::move(fd)) {}

  // Closes what a test left open.
  ~RecordingTransport() {
    if (is_open_ && !is_closed_) {
      Close();
      while (!is_closed_ && poller_.Wait(Poller::kForever).ok()) {
      }
    }
    DropOutput();
  }

  Status Open() {
    Status status = poller_.OpenTransport(*this);
    is_open_ = status.ok();
    return status;
  }
  void Close() {
    is_closing_ = true;
    poller_.CloseTransport(*this);
  }
  void SetReceiving(bool on) { poller_.SetReceiving(*this, on); }

  // Puts `text` behind what waits, and flushes.
  void Send(std::string_view text) {
    Queue(text);
    Flush();
  }
  void Queue(std::string_view text) { output().Append(pool_, AsBytes(text)); }
  void QueuePayload(std::string_view text) {
    output().Append(pool_, Payload(text));
  }
  // Without bytes of its own: called when all before it has been sent.
  void QueueDone(SendCallback done) {
    output().Append(pool_, std::span<const std::byte>(), std::move(done));
  }
  void Flush() {
    is_flushing_ = true;
    poller_.Flush(*this);
    is_flushing_ = false;
  }
  // As a connection does it: the socket first, then the queue. `cut`: how much
  // of the text is in the first of two pieces.
  void TrySend(std::string_view text,
               std::size_t cut = std::string_view::npos) {
    const auto bytes = AsBytes(text);
    cut = std::min(cut, bytes.size());
    const std::size_t taken =
        poller_.TrySend(*this, bytes.first(cut), bytes.subspan(cut));
    ASSERT_LE(taken, text.size());
    tried_ += taken;
    text.remove_prefix(taken);
    if (!text.empty()) Send(text);
  }

  // ---- What was told ----
  std::string received;
  std::size_t sent = 0;  // the sum of OnSent
  std::size_t tried() const { return tried_; }
  int empty_sends = 0;  // OnSent(0)
  int bytes_count = 0;  // of OnBytes
  std::size_t largest_sent = 0;
  std::size_t largest_bytes = 0;
  int fin_count = 0;    // OnEnd(ok)
  int error_count = 0;  // OnEnd(an error)
  std::optional<Status> error;
  int up_calls = 0;  // of all kinds
  bool is_closed() const { return is_closed_; }
  bool is_broken() const { return error.has_value(); }

  // ---- What to do about it ----
  std::function<void()> when_bytes, when_sent, when_end, when_closed;

  void OnBytes(std::span<const std::byte> bytes) override {
    NoteUpCall();
    EXPECT_FALSE(bytes.empty());
    EXPECT_EQ(fin_count, 0) << "bytes after the end";
    received.append(AsText(bytes));
    ++bytes_count;
    largest_bytes = std::max(largest_bytes, bytes.size());
    if (when_bytes) when_bytes();
  }

  void OnSent(std::size_t count) override {
    NoteUpCall();
    ASSERT_LE(count, output().size());
    sent += count;
    if (count == 0) {
      EXPECT_EQ(output().size(), 0U);
      ++empty_sends;
    }
    largest_sent = std::max(largest_sent, count);
    internal::OutputQueue::Callbacks done(pool_);
    output().Consume(pool_, count, done);
    while (!done.empty()) done.Pop()(Status());
    if (when_sent) when_sent();
  }

  void OnEnd(const Status& status) override {
    NoteUpCall();
    if (status.ok()) {
      EXPECT_EQ(++fin_count, 1);
    } else {
      EXPECT_EQ(++error_count, 1);
      error = status;
    }
    if (when_end) when_end();
  }

  void OnClosed() override {
    EXPECT_TRUE(is_closing_);
    EXPECT_FALSE(is_closed_) << "closed twice";
    EXPECT_FALSE(is_flushing_) << "OnClosed comes from Wait";
    is_closed_ = true;
    ++up_calls;
    DropOutput();
    owned_.Reset();
    if (when_closed) when_closed();
  }

 private:
  void NoteUpCall() {
    ++up_calls;
    EXPECT_TRUE(is_open_);
    EXPECT_FALSE(is_closing_) << "told after CloseTransport";
    EXPECT_FALSE(error) << "told after an error";
  }

  void DropOutput() {
    internal::OutputQueue::Callbacks done(pool_);
    output().Clear(pool_, done);
    while (!done.empty()) done.Pop()(Status(Error::kClosed));
  }

  Poller& poller_;
  UniqueFd owned_;
  internal::BufferPool pool_{0};
  std::size_t tried_ = 0;
  bool is_open_ = false;
  bool is_flushing_ = false;
  bool is_closing_ = false;
  bool is_closed_ = false;
};

}  // namespace eddy::test

#endif  // EDDY_CONFORMANCE_RECORDING_TRANSPORT_H_
