// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Dialer: what became of one Connect.

#ifndef EDDY_NET_DIALER_H_
#define EDDY_NET_DIALER_H_

#include <cstddef>
#include <cstdint>
#include <string>

#include "base/clock.h"
#include "eddy/address.h"
#include "eddy/client.h"
#include "eddy/status.h"
#include "eddy/unique_fd.h"
#include "loop/timer_wheel.h"
#include "net/backoff.h"
#include "net/initiator.h"
#include "net/resolver.h"
#include "poll/poller.h"

namespace eddy::internal {

class Connector;

// DialRequest: the arguments of a Connect.
struct DialRequest {
  std::string address;
  ConnectOptions options;
  ConnectCallback done;
};

// Dialer: attempts to connect, one after the other, until one succeeds or, if
// lost connections are to be replaced, until it is told to end.
//
//   kIdle -> kResolving -> kConnecting -> kOpening -> kConnected
//
// and from each of them back to kIdle, with an outcome that is dealt with at
// the turn's end, when no callback runs; from there to kWaiting, or it is over.
// kOpening: the socket is connected; the filter's handshake, and OnConnect.
//
// Ownership: its Connector's. Thread: the loop's.
class Dialer final : public Initiator,
                     private ConnectSink,
                     private ResolveSink,
                     private TimerNode {
 public:
  Dialer(Connector& connector, ConnectId id, DialRequest request);
  Dialer(const Dialer&) = delete;
  Dialer& operator=(const Dialer&) = delete;
  // REQUIRES: it is over.
  ~Dialer();

  void Start();
  // Makes no more attempts, and ends the present one with `reason`; one that
  // has failed, or whose connection is just being announced, is told as it is.
  // Returns whether there was anything to end.
  bool End(const Status& reason);
  // Deals with the outcome, after Connector::Report. Returns whether it goes
  // on; else it may be destroyed.
  bool Conclude();

  ConnectId id() const noexcept { return id_; }
  bool is_over() const noexcept { return is_over_; }

  // The connector's own notes.
  bool is_reported = false;
  Dialer* next_reported = nullptr;

 private:
  enum class State : std::uint8_t {
    kIdle,
    kResolving,
    kConnecting,
    kOpening,
    kConnected,
    kWaiting,
  };

  Status Check() const;
  void Attempt();
  void AttemptAgain() noexcept;
  void OnResolved(Result<Address> address) override;
  void ConnectTo(Address address);
  void OnConnect(const Status& status) override;
  void OnAdopted(StreamConnection& connection) override;
  void OnAnnouncing(StreamConnection& connection) override;
  void OnAnnounced(StreamConnection& connection) override;
  void OnGone(const Status& reason, bool is_own_end) override;
  static void OnTimer(TimerNode& node) noexcept;

  void Fail(const Status& status);
  // What has ended, and how; whether it is tried again is settled now.
  void Report(Status outcome);
  // Gives up whatever is under way.
  void LetGo();
  void Tell(Result<ConnectionHandle> outcome);
  bool IsBeingAnnounced() const noexcept;
  bool MayRetry() const noexcept;
  TimePoint Now() const noexcept;

  Connector& connector_;
  const ConnectId id_;
  DialRequest request_;
  Backoff backoff_;
  std::size_t attempts_ = 0;  // in a row

  State state_ = State::kIdle;
  bool is_told_ = false;  // `done` was called
  bool is_over_ = false;  // no more attempts
  Status outcome_;        // of what has ended last; ok: it was dealt with
  Address address_;
  UniqueFd socket_;                         // of kConnecting
  StreamConnection* connection_ = nullptr;  // of kOpening and kConnected
  TimePoint connected_at_;
};

}  // namespace eddy::internal

#endif  // EDDY_NET_DIALER_H_
