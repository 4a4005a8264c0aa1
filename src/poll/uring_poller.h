// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// UringPoller: transports by Linux's io_uring.

#ifndef EDDY_POLL_URING_POLLER_H_
#define EDDY_POLL_URING_POLLER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <span>

#include "os/socket.h"
#include "poll/descriptor_poller.h"
#include "poll/epoll.h"
#include "poll/receive_buffers.h"
#include "poll/ring.h"
#include "poll/send_vectors.h"

namespace eddy::internal {

// UringPoller: the kernel receives and sends by itself, and one system call a
// turn tells it what to do and brings what was done.
//
// A transport has one multishot receive under way, into buffers that all
// share, and at most one send, of all that its output holds up to the turn's
// budget. Verbs only put the transport into a list, from which Wait makes
// submissions. Where the kernel can limit a receive, it ends after the turn's
// budget and is made anew; what is paused goes on receiving until the first
// bytes that nobody wants, and then the receive is cancelled, if it has not
// ended. Without a limit one stream fills all buffers before another has its
// turn, and the receive of what is paused is cancelled at once.
//
// Readiness is told by an epoll instance that the ring watches. A ring's own
// polls wait for the end of the peer's stream whether that is asked for or not,
// so that after it they never sleep, and they keep files open until they have
// been cancelled. Sends wait for room there, too.
//
// A lone small send, and each large one, is made by a system call at once: it
// costs less than a submission, or than copying the bytes.
//
// Requests with a buffer of their own and connects are operations of the ring,
// too. A request that can't go on just now is left to that epoll, and so are
// reads without a buffer: they must not hold one while they wait.
//
// Thread: as Poller.
class UringPoller final : public DescriptorPoller {
 public:
  static Result<std::unique_ptr<Poller>> Create(
      std::shared_ptr<const os::WakeFd> wake_fd);
  // For tests: as on a system whose kernel can limit receives, or can't.
  static Result<std::unique_ptr<Poller>> Create(
      std::shared_ptr<const os::WakeFd> wake_fd, bool is_receive_limited);
  // REQUIRES: every transport had its OnClosed.
  ~UringPoller() override;

  Backend backend() const noexcept override { return Backend::kIoUring; }
  // Without a limit the kernel fills buffers as long as there are any.
  std::size_t receive_budget() const noexcept override {
    return is_receive_limited_
               ? kTurnBudgetBytes
               : ReceiveBuffers::kCount * ReceiveBuffers::kBlockBytes;
  }

  Status OpenTransport(Transport& transport) override;
  void SetReceiving(Transport& transport, bool on) override;
  std::size_t TrySend(Transport& transport, std::span<const std::byte> first,
                      std::span<const std::byte> second) override;
  void Flush(Transport& transport) override;
  void CloseTransport(Transport& transport) override;
  void Remove(int fd) override;
  Status Connect(int fd, const Address& address, ConnectSink& sink) override;
  void Submit(Operation& operation) override;
  void Cancel(Operation& operation) override;
  Status Wait(std::chrono::nanoseconds timeout) override;

 private:
  // Whose completion it is, in the low bits of its user_data. Above them stands
  // the address of a transport or request, or what names a connect.
  enum class Of : std::uint64_t {
    kNobody,
    kReceive,
    kSend,
    kEpoll,
    kWake,
    kRequest,
    kConnect,
  };
  static constexpr std::uint64_t kOfMask = 7;
  static constexpr unsigned kOfBits = 3;

  UringPoller(std::unique_ptr<Ring> ring,
              std::unique_ptr<ReceiveBuffers> buffers, Epoll epoll,
              std::shared_ptr<const os::WakeFd> wake_fd,
              bool is_receive_limited);

  template <typename T>
  static std::uint64_t NameOf(Of of, const T& object) noexcept {
    static_assert(alignof(T) > kOfMask);
    return reinterpret_cast<std::uintptr_t>(&object) |
           static_cast<std::uint64_t>(of);
  }
  template <typename T>
  static T* NamedBy(const Ring::Completion& completion) noexcept {
    // What a kernel carries is a number.
    // NOLINTNEXTLINE(performance-no-int-to-ptr)
    return reinterpret_cast<T*>(
        static_cast<std::uintptr_t>(completion.user_data & ~kOfMask));
  }

  // DescriptorPoller's kernel.
  int Register(int fd, Interest interest, Token token) override;
  int Change(int fd, Interest from, Interest to, Token token) override;
  void Deregister(int fd, Interest from) override;
  Status ArmWaking();
  bool Watch(int fd, Of of);
  void DispatchReady();

  // From verbs to submissions. Those that return bool say whether there was
  // room for the submission.
  void Queue(Transport& transport);
  Transport* TakeQueued() noexcept;
  void ServeQueued();
  bool Serve(Transport& transport);
  bool CancelReceive(Transport& transport);
  bool ArmReceive(Transport& transport);
  bool SubmitSend(Transport& transport);
  bool SubmitViews(Transport& transport, SendVectors::Views views);
  void SendAtOnce(Transport& transport);
  bool SubmitCancel(std::uint64_t name);
  void DropArguments() noexcept;

  // The same for requests and connects.
  void Queue(Operation& operation);
  void Unqueue(Operation& operation);
  void ServeRequests();
  bool Serve(Operation& operation);
  bool SubmitRequest(Operation& operation);
  void OnRequestDone(Operation& operation, int result);
  std::uint64_t NameOfConnect(int fd) noexcept;
  bool SubmitConnect(int fd, const Address& address);
  void OnConnectDone(const Ring::Completion& completion);

  // From completions to up-calls.
  void DispatchAll();
  void Dispatch(Ring::Completion completion);
  void OnReceived(Transport& transport, Ring::Completion completion);
  void TakeBuffer(Transport& transport, Ring::Completion completion);
  void TakeFaultily(Transport& transport, std::span<const std::byte> bytes);
  void OnSendDone(Transport& transport, int result);
  void AwaitRoom(Transport& transport);
  void Rearm(Transport& transport);
  void OnReady(Transport& transport, Readiness ready);
  void TakeEnd(Transport& transport);
  void TellEnd(Transport& transport);
  void Break(Transport& transport, int error);
  void FinishClosing(Transport& transport);
  void DeliverDue();
  bool IsDue(const Transport& transport) const noexcept;

  std::unique_ptr<ReceiveBuffers> buffers_;  // outlives the ring
  std::unique_ptr<Ring> ring_;
  Epoll epoll_;
  SendVectors vectors_;
  Transport* queued_first_ = nullptr;  // for ServeQueued
  Transport* starved_last_ = nullptr;  // of those in front
  Transport* queued_last_ = nullptr;
  Operation* requests_first_ = nullptr;  // for ServeRequests
  Operation* requests_last_ = nullptr;
  // Where connects that the kernel has not taken yet lead.
  std::deque<os::SocketAddress> addresses_;
  const bool is_receive_limited_;
  unsigned retries_left_ = 0;  // of starved receives, in this turn
  bool has_due_ = false;       // an up-call awaits one of them
  bool is_lone_ = false;       // one thing is all that there is to do just now
  // The ring is not to be entered for long: an up-call was made by now, and who
  // had it may have more to do before a sleep, or a timer to end it; or nothing
  // would end the sleep.
  bool is_wakeful_ = false;
  bool is_wake_armed_ = false;
  bool is_epoll_armed_ = false;
  bool is_waking_armed_ = false;  // both of them are
  bool holds_arguments_ = false;  // what submissions lead to
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_URING_POLLER_H_
