// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ReadinessPoller: all verbs of a Poller on top of readiness.

#ifndef EDDY_POLL_READINESS_POLLER_H_
#define EDDY_POLL_READINESS_POLLER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "poll/poller.h"

namespace eddy::internal {

// ReadinessPoller: streams, listeners, connects and requests by accept,
// connect, recv and sendmsg, for systems that tell what is ready.
//
// A transport gets one recv an event, into a block that all share; level
// triggering brings the rest. It is watched for output only after the kernel
// took less than was offered. What is paused is unwatched when the first event
// comes that nobody wants.
//
// Thread: as Poller.
class ReadinessPoller : public Poller {
 public:
  Status Add(int fd, Interest interest, ReadySink& sink) final;
  Status Modify(int fd, Interest interest) final;
  void Remove(int fd) final;
  Status Listen(int fd, ListenSink& sink) final;
  Status Connect(int fd, const Address& address, ConnectSink& sink) final;
  Status OpenTransport(Transport& transport) final;
  void SetReceiving(Transport& transport, bool on) final;
  std::size_t TrySend(Transport& transport,
                      std::span<const std::byte> bytes) final;
  void Flush(Transport& transport) final;
  void CloseTransport(Transport& transport) final;
  void Submit(Operation& operation) final;
  void Cancel(Operation& operation) final;
  Status Wait(std::chrono::nanoseconds timeout) final;
  void Wake() final;

 protected:
  // What the kernel says of one descriptor.
  struct Readiness {
    bool readable = false;
    bool writable = false;
    bool hung_up = false;  // both directions have ended
    bool failed = false;   // the socket has an error
    int error = 0;         // which, if the kernel took it out of the socket
  };

  // Names a registration in the kernel: a descriptor and its generation, so
  // that an event for one that is gone is told from one for its successor.
  using Token = std::uint64_t;
  static constexpr Token kWakeToken = 0;

  explicit ReadinessPoller(std::shared_ptr<const os::WakeFd> wake_fd);

  // The kernel's side, all that a backend adds. The first two return 0 or an
  // errno. Registering for kNone is allowed; whether errors are reported then
  // is the kernel's choice.
  virtual int Register(int fd, Interest interest, Token token) = 0;
  virtual int Change(int fd, Interest from, Interest to, Token token) = 0;
  virtual void Deregister(int fd, Interest from) = 0;
  // Waits, and calls Dispatch for each event. EINTR counts as a time-out.
  virtual Status Collect(std::chrono::nanoseconds timeout) = 0;

  void Dispatch(Token token, Readiness ready);

  const os::WakeFd& wake_fd() const noexcept { return *wake_fd_; }

 private:
  enum class Kind : std::uint8_t {
    kNone,
    kReady,
    kListen,
    kConnect,
    kTransport,
    kRequests,
  };

  // Registration: who is to be told of a descriptor's events.
  struct Registration {
    struct Requests {
      Operation* read;
      Operation* write;
    };

    std::uint32_t generation = 0;
    Kind kind = Kind::kNone;
    bool is_registered = false;        // the kernel knows it
    Interest armed = Interest::kNone;  // what it was asked to report
    // Of the socket, but no longer in it: told by an event, or by TrySend.
    int error = 0;
    union {
      ReadySink* ready;
      ListenSink* listener;
      ConnectSink* connector;
      Transport* transport;
      Requests requests = {nullptr, nullptr};
    };
  };

  Registration& At(int fd) { return registrations_[static_cast<unsigned>(fd)]; }
  bool Is(int fd, std::uint32_t generation) const noexcept;
  Token TokenOf(int fd) const noexcept;
  // Takes the descriptor's entry for a verb. kInvalidArgument if it is taken.
  Status Claim(int fd, Kind kind);
  void Disclaim(int fd);
  // Makes the kernel report `interest`. Returns an errno or 0.
  int Arm(int fd, Interest interest);
  // Makes the kernel forget the descriptor; the entry stays.
  void Disarm(int fd);
  // The descriptor's error, told or still pending; 0 if none.
  int ErrorOf(int fd) noexcept;

  void AcceptSome(int fd, std::uint32_t generation);
  void FinishConnect(int fd);

  void OnTransportReady(Transport& transport, Readiness ready);
  void Receive(Transport& transport);
  void SendOutput(Transport& transport);
  void Rearm(Transport& transport);
  void Break(Transport& transport, int error);
  // Makes the end of Wait call OnClosed or OnEnd(error).
  void Queue(Transport& transport);
  void DeliverQueued();

  void OnRequestsReady(int fd, Readiness ready);
  int Attempt(Operation& operation);
  void Complete(Operation& operation, Status status);
  void DeliverCompleted();

  std::shared_ptr<const os::WakeFd> wake_fd_;
  std::vector<Registration> registrations_;     // by descriptor
  std::unique_ptr<std::byte[]> receive_block_;  // kTurnBudgetBytes
  Transport* queued_ = nullptr;
  Operation* completed_first_ = nullptr;  // await OnComplete, in order
  Operation* completed_last_ = nullptr;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_READINESS_POLLER_H_
