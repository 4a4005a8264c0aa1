// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// StreamConnection: the inside of a Connection.

#ifndef EDDY_NET_STREAM_CONNECTION_H_
#define EDDY_NET_STREAM_CONNECTION_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

#include "base/clock.h"
#include "buffer/output_queue.h"
#include "eddy/address.h"
#include "eddy/connection.h"
#include "eddy/connection_handle.h"
#include "eddy/handler.h"
#include "eddy/payload.h"
#include "eddy/ring_buffer.h"
#include "eddy/send_callback.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"
#include "loop/member_timer.h"
#include "net/stream_filter.h"
#include "poll/transport.h"

namespace eddy::internal {

class ConnectionSet;
class Initiator;

// StreamConnection: the one implementation of Connection, between its poller's
// up-calls and its handler's callbacks.
//
//   kOpening -> kOpen -> kDraining -> kLingering -> kClosing -> kClosed
//
// kOpening: the filter's handshake; the handler knows nothing yet. kDraining:
// Close was called, output is left. kLingering: FIN is sent, the peer's is
// awaited. kClosing: the poller was told to let go. Any state may skip to
// kClosing.
//
// Ownership: its ConnectionSet's, which reclaims it at the end of a turn after
//   OnClosed.
// Thread: the loop's.
// Invariants:
//  (1) Callbacks run one at a time: Send and its like only mark the connection
//      dirty, or, while it is corked, leave it to the end of the callback.
//  (2) Receiving is on exactly when ShouldReceive().
class StreamConnection final : public Transport, public Connection {
 public:
  using Bytes = std::span<const std::byte>;

  StreamConnection(ConnectionSet& set, UniqueFd socket, Address peer,
                   Initiator* initiator);
  ~StreamConnection();

  static StreamConnection& Of(Connection& connection) noexcept {
    return static_cast<StreamConnection&>(connection);
  }
  static const StreamConnection& Of(const Connection& connection) noexcept {
    return static_cast<const StreamConnection&>(connection);
  }
  // Opens the transport and announces the connection, or begins the filter's
  // handshake. An error: nothing was announced and nothing will be.
  Status Open();
  // Runs `function`, outside callbacks; what it sends leaves when it returns.
  void RunCorked(auto&& function);
  // What became due since the last turn: output, input held back.
  void OnDirty();
  // Flushes, ends, lingers, closes, with `reason`.
  void BeginClose(Status reason);
  // The same with kStopped, for as long as it takes; a pipe goes on meanwhile.
  void BeginDrain();
  // Closes now with `reason`; with a reset if output, or a pipe's, is lost.
  void Terminate(Status reason);
  // The same with a reset in any case.
  Status Refuse(Status reason);
  // Memory of the loop runs short, or no longer.
  void SetMemoryPaused(bool on);
  // What the protocol above holds of its input: counts as the input does.
  void SetHeldBytes(std::size_t bytes) noexcept;
  void ForgetInitiator() noexcept { initiator_ = nullptr; }
  // From OnConnect until a handshake of the handler is over: TellAnnounced.
  void SetProvisional(bool on) noexcept { is_provisional_ = on; }
  bool is_provisional() const noexcept { return is_provisional_; }
  void TellAnnounced();

  // From the next callback on they are `handler`'s, a pipe's.
  void JoinPipe(Handler& handler);
  void SetPipePaused(bool on);
  Handler& handler() const noexcept { return *handler_; }
  bool is_shutdown() const noexcept { return is_shutdown_; }
  bool is_end_told() const noexcept { return is_end_told_; }
  // Paused by more than its own unsent output.
  bool is_held_back() const noexcept { return (pauses_ & ~kByOutput) != 0; }
  std::uint64_t sent_bytes() const noexcept { return sent_bytes_; }

  // What the public members do.
  // `second` follows `first`, which is empty only if both are.
  Status DoSend(Bytes first, Bytes second = {});
  Status DoSend(RingBuffer& input);
  Status DoSend(Payload payload);
  // `done` is moved from only if the answer is ok.
  Status DoSend(Bytes bytes, SendCallback&& done);
  void DoShutdown();
  void DoClose();
  void DoAbort();
  void NoteOwnEnd() noexcept;  // the program is about to close it
  void DoPause();
  void DoResume();
  void DoSetIdleTimeout(std::chrono::nanoseconds timeout);
  void DoSetNoDelay(bool on);
  bool DoIsWritable() const noexcept;
  bool DoIsPaused() const noexcept { return pauses_ != 0; }
  bool is_closed() const noexcept { return state_ == State::kClosed; }
  bool is_announced() const noexcept { return is_announced_; }
  bool DoIsOpen() const noexcept { return state_ == State::kOpen; }
  std::size_t DoInputSize() const noexcept { return input_.size(); }
  std::size_t DoOutputSize() const noexcept;
  const Address& peer() const noexcept { return peer_; }
  const ConnectionHandle& own_handle() const noexcept { return handle_; }
  ConnectionSet& set() const noexcept { return set_; }

 private:
  friend class ConnectionSet;

  enum class State : std::uint8_t {
    kOpening,
    kOpen,
    kDraining,
    kLingering,
    kClosing,
    kClosed,
  };

  enum Pause : std::uint8_t {
    kByUser = 1,    // PauseReading
    kByOutput = 2,  // unsent output is above the mark
    kByMemory = 4,  // the loop is above its budget
    kByPipe = 8,    // the other end's unsent output is above the mark
  };

  // The poller's up-calls.
  void OnBytes(Bytes bytes) override;
  void OnSent(std::size_t count) override;
  void OnEnd(const Status& status) override;
  void OnClosed() override;

  // False: an exception left the handler's callback, and broke the connection.
  bool CallHandler(auto&& callback) noexcept;
  // Runs `work`; want of memory breaks the connection.
  void WithMemory(auto&& work) noexcept;
  void FailHandler(const char* what);
  void FailMemory();
  void FailFilter(Status reason);

  void Announce();
  void DecodeWire(Bytes bytes);
  void Deliver(Bytes bytes);
  void CallOnMessage();
  void SettleInput();
  void KeepInput();
  void CallOnEnd();
  void ReceiveEnd();
  bool IsInputDue() const noexcept;
  void DeliverHeld();

  bool ShouldReceive() const noexcept;
  void UpdateReceiving();
  void SetPaused(Pause by, bool on) noexcept;
  void SetAutoPaused(bool on);

  template <typename Append>
  Status Enqueue(std::size_t bytes, Append&& append);
  void CheckHighMark();
  bool MayDefer(const RingBuffer& input) const noexcept;
  void Defer(RingBuffer& input);
  Status SendCopy(RingBuffer& input);
  Status Queue(Bytes first, Bytes second);
  Status EncodeToWire(Bytes bytes);
  void QueueWire(RingBuffer& wire);
  std::size_t Offer(Bytes first, Bytes second = {});
  std::size_t SendNow(Bytes first, Bytes second = {});
  void CountSent(std::size_t count);
  void KeepDeferred();
  void SendDeferred();
  void MarkDirty();
  void Uncork();
  void AfterOutput();
  void TrackOutput();
  void EndOutput();
  void StartDraining(Status reason);
  void LetGo();
  void RunCallbacks(OutputQueue::Callbacks& callbacks, const Status& status);

  void Touch() noexcept;
  TimePoint Now() const noexcept;
  void ScheduleTimer();
  TimePoint NextDeadline() const noexcept;
  void CheckDeadlines();

  // What each message touches comes first, to be in few cache lines.
  ConnectionSet& set_;
  State state_ = State::kOpening;
  std::uint8_t pauses_ = 0;          // who paused reading: bits of Pause
  bool is_announced_ : 1 = false;    // OnConnect was called
  bool is_corked_ : 1 = false;       // Uncork will follow
  bool is_dirty_ : 1 = false;        // in the set's list
  bool is_receiving_ : 1 = true;     // as the poller was told
  bool holds_input_ : 1 = false;     // input waits for an end of the pause
  bool has_peer_ended_ : 1 = false;  // FIN came
  bool holds_end_ : 1 = false;       // OnEnd is due
  bool is_end_told_ : 1 = false;     // OnEnd was called
  bool is_shutdown_ : 1 = false;     // Shutdown or Close was called
  bool is_filter_finished_ : 1 = false;
  bool is_fin_sent_ : 1 = false;
  bool is_above_mark_ : 1 = false;   // OnWritable is owed
  bool has_deferred_ : 1 = false;    // the set's deferred bytes are ours
  bool has_published_ : 1 = false;   // the mailbox says output is left
  bool is_output_lost_ : 1 = false;  // some of it will never be sent
  bool is_piped_ : 1 = false;        // its handler is a pipe's
  bool holds_rest_ : 1 = false;      // what OnMessage leaves is due at once
  bool is_own_end_ : 1 = false;      // the program closed it first
  bool is_provisional_ : 1 = false;  // its protocol's handshake goes on
  Handler* handler_;
  std::uint64_t sent_bytes_ = 0;
  RingBuffer input_;
  std::unique_ptr<StreamFilter> filter_;
  std::chrono::nanoseconds idle_timeout_;
  TimePoint last_activity_;
  TimePoint last_progress_ = TimePoint::max();  // of output; max: none waits

  std::size_t held_bytes_ = 0;  // by the protocol above
  StreamConnection* next_dirty_ = nullptr;
  TimePoint close_deadline_ = TimePoint::max();
  TimePoint memory_deadline_ = TimePoint::max();  // of kByMemory
  // Fires when the next time limit may have passed.
  MemberTimer<StreamConnection, &StreamConnection::CheckDeadlines> timer_;
  TimePoint timer_at_ = TimePoint::max();
  Status reason_;
  Initiator* initiator_;  // none: it was accepted
  Address peer_;
  ConnectionHandle handle_;
  UniqueFd socket_;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_STREAM_CONNECTION_H_
