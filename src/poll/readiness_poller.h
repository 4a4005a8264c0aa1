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
  // What the kernel says of one descriptor: any of these bits, whose values are
  // epoll's.
  using Readiness = std::uint32_t;
  static constexpr Readiness kReadable = 0x01;
  static constexpr Readiness kWritable = 0x04;
  static constexpr Readiness kFailed = 0x08;  // the socket has an error
  static constexpr Readiness kHungUp = 0x10;  // both directions have ended

  // Names a registration in the kernel: a transport by its address, which stays
  // good until OnClosed, when no event is left; any other by its descriptor and
  // generation, so that an event for one that is gone is told from one for its
  // successor.
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

  // `error` is the socket's, if the kernel took it out of there.
  void Dispatch(Token token, Readiness ready, int error = 0);
  // Fetches what Dispatch will look at, some events ahead of it.
  static void Prefetch(Token token) noexcept;

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
    int error = 0;  // of the socket, but no longer in it: told by an event
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
  static Transport* TransportOf(Token token) noexcept;
  // Takes the descriptor's entry for a verb. kInvalidArgument if it is taken.
  Status Claim(int fd, Kind kind);
  void Disclaim(int fd);
  // Makes the kernel report `interest`. Returns an errno or 0.
  int Arm(int fd, Interest interest);
  // Makes the kernel forget the descriptor; the entry stays.
  void Disarm(int fd);

  void DispatchOther(Token token, Readiness ready, int error);
  void TellReady(const Registration& entry, Readiness ready);
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
