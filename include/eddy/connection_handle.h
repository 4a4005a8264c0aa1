// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ConnectionHandle: a weak reference to a connection, for any thread.

#ifndef EDDY_CONNECTION_HANDLE_H_
#define EDDY_CONNECTION_HANDLE_H_

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

#include "eddy/bytes.h"
#include "eddy/connection.h"
#include "eddy/export.h"
#include "eddy/payload.h"
#include "eddy/status.h"
#include "eddy/unique_function.h"

namespace eddy {

namespace internal {
class Mailbox;
}  // namespace internal

// ConnectionHandle: names one connection, for ever: never another one that took
// over its place or its descriptor.
//
// Ownership: keeps a mailbox alive, neither the connection nor its server; it
//   may outlive both.
// Thread: any. What one thread asks for through one handle happens in order.
class EDDY_EXPORT ConnectionHandle {
 public:
  ConnectionHandle() noexcept = default;  // names nothing: kClosed

  // Connection::Send from any thread; copies `bytes`.
  //
  // Returns: kClosed when the connection is closed; kOutputLimit when the bytes
  //   on their way and the unsent output would pass max_output_bytes, which
  //   also closes the connection. Ok is no promise that the connection lives
  //   until the bytes get there. Throws std::bad_alloc.
  Status Send(std::span<const std::byte> bytes) const;
  Status Send(std::string_view text) const;
  template <ByteRange R>
  Status Send(const R& range) const {
    return Send(AsBytes(range));
  }
  Status Send(Payload payload) const;
  template <std::size_t kSize>
  Status Send(char (&array)[kSize]) const = delete;

  // Sends without copying: `bytes` must stay as they are until `done` was
  // called, exactly once, on the connection's loop. An error means that `done`
  // was not and will not be called.
  Status Send(std::span<const std::byte> bytes, SendCallback done) const;
  Status Send(std::string_view text, SendCallback done) const;
  template <ByteRange R>
  Status Send(const R& range, SendCallback done) const {
    return Send(AsBytes(range), std::move(done));
  }
  template <std::size_t kSize>
  Status Send(char (&array)[kSize], SendCallback done) const = delete;

  // Connection::Close and Abort from any thread. kClosed if it is closed. Throw
  // std::bad_alloc.
  Status Close() const;
  Status Abort() const;

  // Calls `function` on the connection's loop, if the connection is there then;
  // else destroys it uncalled. kClosed: it was not and will not be called.
  // Throws std::bad_alloc.
  Status Post(UniqueFunction<void(Connection&)> function) const;
  // The same for a function that sends about `bytes`, which count as Send's do
  // until it is called. kOutputLimit as for Send.
  Status Post(UniqueFunction<void(Connection&)> function,
              std::size_t bytes) const;

  // On the connection's loop: the connection while it is open, else nullptr.
  // On other threads nullptr.
  Connection* Find() const noexcept;

  // A hint: what was true when asked.
  bool is_open() const noexcept;

  friend bool operator==(const ConnectionHandle& a,
                         const ConnectionHandle& b) noexcept {
    return a.mailbox_ == b.mailbox_ && a.slot_ == b.slot_ &&
           a.generation_ == b.generation_;
  }
  std::size_t Hash() const noexcept {
    return std::hash<const void*>()(mailbox_.get()) ^
           (static_cast<std::size_t>(generation_) * 0x9E3779B97F4A7C15u +
            slot_);
  }

 private:
  friend class internal::Mailbox;
  ConnectionHandle(std::shared_ptr<internal::Mailbox> mailbox,
                   std::uint32_t slot, std::uint64_t generation) noexcept
      : mailbox_(std::move(mailbox)), generation_(generation), slot_(slot) {}

  std::shared_ptr<internal::Mailbox> mailbox_;
  std::uint64_t generation_ = 0;
  std::uint32_t slot_ = 0;
};

}  // namespace eddy

template <>
struct std::hash<eddy::ConnectionHandle> {
  std::size_t operator()(const eddy::ConnectionHandle& handle) const noexcept {
    return handle.Hash();
  }
};

#endif  // EDDY_CONNECTION_HANDLE_H_
