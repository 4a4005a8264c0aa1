// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ScriptedHandler: a handler made of lambdas, which counts its calls.

#ifndef EDDY_SUPPORT_SCRIPTED_HANDLER_H_
#define EDDY_SUPPORT_SCRIPTED_HANDLER_H_

#include <atomic>
#include <functional>
#include <mutex>
#include <ostream>
#include <vector>

#include "eddy/connection.h"
#include "eddy/connection_handle.h"
#include "eddy/handler.h"
#include "eddy/ring_buffer.h"
#include "eddy/status.h"
#include "support/server_test.h"

namespace eddy {

// How GoogleTest shows a status.
inline void PrintTo(const Status& status, std::ostream* out) {
  *out << status.message();
}

}  // namespace eddy

namespace eddy::test {

// ScriptedHandler: the lambdas are set before connections come; those not set
// do nothing but count, except that a message is echoed and OnEnd closes.
//
// Thread: its connections'; the counts: any. A call counts when it is over.
class ScriptedHandler final : public Handler {
 public:
  std::function<void(Connection&)> on_connect;
  std::function<void(Connection&, RingBuffer&)> on_message;
  std::function<void(Connection&)> on_writable;
  std::function<void(Connection&)> on_end;
  std::function<void(Connection&, const Status&)> on_close;

  int connects() const { return connects_; }
  int messages() const { return messages_; }
  int writables() const { return writables_; }
  int ends() const { return ends_; }
  int closes() const { return closes_; }

  // Of the connection that was announced last.
  ConnectionHandle handle() const {
    const std::lock_guard lock(mutex_);
    return handle_;
  }
  // Why connections closed, in order.
  std::vector<Status> reasons() const {
    const std::lock_guard lock(mutex_);
    return reasons_;
  }
  // Waits for `count` to be closed in all and returns the last one's reason.
  Status AwaitClose(int count = 1) const {
    if (!Eventually([&] { return closes() >= count; })) {
      return Status(Error::kTimeout, "no OnClose");
    }
    return reasons().back();
  }

 private:
  // Counts when it goes, also by way of an exception.
  class Count {
   public:
    explicit Count(std::atomic<int>& counter) : counter_(counter) {}
    Count(const Count&) = delete;
    Count& operator=(const Count&) = delete;
    ~Count() { ++counter_; }

   private:
    std::atomic<int>& counter_;
  };

  void OnConnect(Connection& connection) override {
    const Count count(connects_);
    {
      const std::lock_guard lock(mutex_);
      handle_ = connection.handle();
    }
    if (on_connect) on_connect(connection);
  }
  void OnMessage(Connection& connection, RingBuffer& input) override {
    const Count count(messages_);
    if (on_message) {
      on_message(connection, input);
    } else {
      connection.Send(input);
    }
  }
  void OnWritable(Connection& connection) override {
    const Count count(writables_);
    if (on_writable) on_writable(connection);
  }
  void OnEnd(Connection& connection) override {
    const Count count(ends_);
    if (on_end) {
      on_end(connection);
    } else {
      Handler::OnEnd(connection);
    }
  }
  void OnClose(Connection& connection, const Status& reason) override {
    const Count count(closes_);
    {
      const std::lock_guard lock(mutex_);
      reasons_.push_back(reason);
    }
    if (on_close) on_close(connection, reason);
  }

  std::atomic<int> connects_ = 0;
  std::atomic<int> messages_ = 0;
  std::atomic<int> writables_ = 0;
  std::atomic<int> ends_ = 0;
  std::atomic<int> closes_ = 0;
  mutable std::mutex mutex_;
  ConnectionHandle handle_;
  std::vector<Status> reasons_;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_SCRIPTED_HANDLER_H_
