// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Connection: one stream, from accept or connect until OnClose.

#ifndef EDDY_CONNECTION_H_
#define EDDY_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>
#include <string_view>
#include <type_traits>
#include <utility>

#include "eddy/address.h"
#include "eddy/bytes.h"
#include "eddy/export.h"
#include "eddy/send_callback.h"
#include "eddy/status.h"

namespace eddy {

class ConnectionHandle;
class EventLoop;
class Payload;
class RingBuffer;

// Connection: one TCP or unix stream.
//
// Ownership: the library's. Programs hold a Connection& during callbacks and a
//   ConnectionHandle otherwise.
// Thread: the connection's loop, checked in debug builds.
// Lifetime: valid until OnClose returns.
// Invariant: no call below runs a callback; they schedule.
class EDDY_EXPORT Connection {
 public:
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Sends `bytes`, copying what the kernel does not take at once. What is sent
  // inside the connection's own OnMessage leaves when that returns, together;
  // otherwise it leaves at the end of the loop's turn. Large blocks with
  // nothing before them may leave at once.
  //
  // Returns: kClosed after Close, Abort or Shutdown, or when the connection is
  //   lost; kOutputLimit when unsent output would pass max_output_bytes, which
  //   also closes the connection; nothing of `bytes` is sent then. kNoMemory
  //   closes it, too. May be ignored: OnClose tells.
  Status Send(std::span<const std::byte> bytes);
  Status Send(std::string_view text);
  template <ByteRange R>
  Status Send(const R& range) {
    return Send(AsBytes(range));
  }
  // Sends and consumes everything readable.
  Status Send(RingBuffer& input);
  // Sends without copying; the payload is shared until its bytes are gone.
  Status Send(Payload payload);
  // A char array is a buffer or a string; say which: Send(std::string_view(a)),
  // Send(std::span(a)).
  template <std::size_t kSize>
  Status Send(char (&array)[kSize]) = delete;

  // Sends `bytes` without copying: they must stay as they are until `done` was
  // called. `done` is called exactly once, on the loop, never inside Send; not
  // at all when Send returns an error.
  Status Send(std::span<const std::byte> bytes, SendCallback done);
  Status Send(std::string_view text, SendCallback done);
  template <ByteRange R>
  Status Send(const R& range, SendCallback done) {
    return Send(AsBytes(range), std::move(done));
  }
  template <std::size_t kSize>
  Status Send(char (&array)[kSize], SendCallback done) = delete;

  // False from the moment unsent output passes the high watermark until it has
  // fallen to the low one (OnWritable tells), and once the connection closes.
  bool is_writable() const noexcept;

  // Ends this side's stream once all output is sent; input still comes.
  void Shutdown();
  // Sends all output, ends the stream, waits for the peer to end its own (up to
  // linger_timeout), then closes. No OnMessage any more. close_timeout bounds
  // all of it.
  void Close();
  // Closes now. Unsent output is discarded, and then the peer sees a reset, so
  // that it can't take the part for the whole (unix sockets know no reset).
  void Abort();

  // Stops and resumes OnMessage and OnEnd. While paused the peer is held back
  // by TCP's own flow control. Input left unread is delivered again after
  // ResumeReading, without waiting for more. Each may be called again and
  // again; one ResumeReading undoes any number of PauseReading.
  void PauseReading();
  void ResumeReading();
  // Whether it is not read from just now: by PauseReading, or because of unsent
  // output or of the loop's memory. Those two pass by themselves.
  bool is_reading_paused() const noexcept;

  // A weak reference for any thread.
  ConnectionHandle handle() const;
  EventLoop& loop() const noexcept;
  const Address& peer_address() const noexcept;
  // Asks the system; family kNone if it no longer knows.
  Address local_address() const;

  // Input received and not yet consumed by the handler, in bytes.
  std::size_t input_size() const noexcept;
  // Output accepted and not yet taken by the kernel, in bytes. Exact at all
  // times.
  std::size_t output_size() const noexcept;
  // False from Close, Abort or the loss of the connection on.
  bool is_open() const noexcept;

  // Replaces the server's idle_timeout for this connection; 0: none. REQUIRES:
  // timeout >= 0.
  void set_idle_timeout(std::chrono::nanoseconds timeout);
  // TCP_NODELAY. Ignored for unix sockets.
  void set_no_delay(bool on);

  // Per-connection state of any type, at most one object of each, destroyed
  // after OnClose. Emplace replaces an object of the same type.
  template <typename T, typename... Args>
  T& Emplace(Args&&... args) {
    auto node = std::make_unique<StateOf<T>>(std::forward<Args>(args)...);
    T& value = node->value;
    Attach(std::move(node));
    return value;
  }
  // nullptr when there is none.
  template <typename T>
  T* Get() const noexcept {
    auto* state = Find(&kStateKey<T>);
    return state == nullptr ? nullptr : &static_cast<StateOf<T>*>(state)->value;
  }
  // Returns whether there was one.
  template <typename T>
  bool Remove() noexcept {
    return Detach(&kStateKey<T>) != nullptr;
  }

 protected:
  struct EDDY_EXPORT State {
    explicit State(const void* type) noexcept : key(type) {}
    virtual ~State();

    const void* key;  // the address of the type's kStateKey
    std::unique_ptr<State> next;
  };

  Connection() = default;
  ~Connection();

 private:
  template <typename T>
  static constexpr char kStateKey = 0;

  template <typename T>
  struct StateOf final : State {
    template <typename... Args>
    explicit StateOf(Args&&... args)
        : State(&kStateKey<T>), value(std::forward<Args>(args)...) {}

    T value;
  };

  void Attach(std::unique_ptr<State> state);
  std::unique_ptr<State> Detach(const void* key) noexcept;
  State* Find(const void* key) const noexcept;

  std::unique_ptr<State> states_;
};

}  // namespace eddy

#endif  // EDDY_CONNECTION_H_
