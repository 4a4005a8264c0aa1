// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// DescriptorPoller: the verbs that need no more than readiness.

#ifndef EDDY_POLL_DESCRIPTOR_POLLER_H_
#define EDDY_POLL_DESCRIPTOR_POLLER_H_

#include <sys/types.h>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "poll/poller.h"

namespace eddy::internal {

// DescriptorPoller: all verbs but those of transports, for any kernel interface
// that tells what is ready: watched descriptors, and by accept, connect, recv
// and send listeners, connects and requests.
//
// Thread: as Poller.
class DescriptorPoller : public Poller {
 public:
  Status Add(int fd, Interest interest, ReadySink& sink) final;
  Status Modify(int fd, Interest interest) final;
  void Remove(int fd) override;
  Status Listen(int fd, ListenSink& sink) final;
  Status Connect(int fd, const Address& address, ConnectSink& sink) override;
  void Submit(Operation& operation) override;
  void Cancel(Operation& operation) override;
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

  explicit DescriptorPoller(std::shared_ptr<const os::WakeFd> wake_fd);

  // The kernel's side, all that a backend adds. The first two return 0 or an
  // errno. Registering for kNone is allowed; whether errors are reported then
  // is the kernel's choice.
  virtual int Register(int fd, Interest interest, Token token) = 0;
  virtual int Change(int fd, Interest from, Interest to, Token token) = 0;
  virtual void Deregister(int fd, Interest from) = 0;

  // Tells whoever registered of an event. `error` is the socket's, if the
  // kernel took it out of there.
  void Dispatch(Token token, Readiness ready, int error = 0);
  static Transport* TransportOf(Token token) noexcept;

  // How many events ahead Prefetch is called: far enough for memory to answer
  // meanwhile, and no further.
  static constexpr int kPrefetchDistance = 2;
  // Fetches what the event of a transport will look at, if it is one's.
  static void Prefetch(const Transport* transport) noexcept {
    if (transport == nullptr) return;
    // A connection's three lines that each message touches.
    const auto* at = reinterpret_cast<const std::byte*>(transport);
    __builtin_prefetch(at);
    __builtin_prefetch(at + 64);
    __builtin_prefetch(at + 128);
  }

  // Takes the descriptor's entry for a transport. kInvalidArgument if it is in
  // use.
  Status Claim(Transport& transport);
  void Disclaim(int fd);
  // Makes the kernel report `interest`. Returns an errno or 0.
  int Arm(int fd, Interest interest);
  // The same for kNone, of a kernel that tells of errors all the same.
  int ArmForFailure(int fd);
  // Makes the kernel forget the descriptor; the entry stays.
  void Disarm(int fd);
  Interest armed(int fd) noexcept { return At(fd).armed; }

  // Takes the descriptor's entry for a connect that a backend makes itself, and
  // ends it: `error` is 0 or an errno. Nothing is told of one that was removed.
  Status ClaimConnect(int fd, ConnectSink& sink);
  void FinishConnect(int fd, std::uint32_t generation, int error);
  bool is_connecting(int fd) noexcept;
  std::uint32_t generation(int fd) noexcept { return At(fd).generation; }

  // Puts the request into its descriptor's entry. False: it can't be, and has
  // been completed with the reason.
  bool Enlist(Operation& operation);
  // Goes on with it once the descriptor is ready.
  void Await(Operation& operation);
  // Takes it out of the entry and makes DeliverCompleted tell.
  void Complete(Operation& operation, Status status);
  // Requests whose OnComplete is due.
  bool has_completed() const noexcept { return completed_first_ != nullptr; }
  void DeliverCompleted();

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
    bool is_drained = false;  // nothing is left to read but what an event tells
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
  Status Claim(int fd, Kind kind);

  int Report(int fd, Interest interest);
  void TellReady(const Registration& entry, Readiness ready);
  void AcceptSome(int fd, std::uint32_t generation);

  // nullptr if the descriptor's entry is not one of requests.
  Operation** SlotOf(const Operation& operation) noexcept;
  void OnRequestsReady(int fd, Readiness ready);
  int Attempt(Operation& operation);
  ssize_t Move(Operation& operation);

  std::shared_ptr<const os::WakeFd> wake_fd_;
  std::vector<Registration> registrations_;  // by descriptor
  Operation* completed_first_ = nullptr;     // await OnComplete, in order
  Operation* completed_last_ = nullptr;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_DESCRIPTOR_POLLER_H_
