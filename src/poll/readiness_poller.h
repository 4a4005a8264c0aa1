// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// ReadinessPoller: transports that are moved when they are ready.

#ifndef EDDY_POLL_READINESS_POLLER_H_
#define EDDY_POLL_READINESS_POLLER_H_

#include <chrono>
#include <cstddef>
#include <memory>
#include <span>

#include "poll/descriptor_poller.h"

namespace eddy::internal {

// ReadinessPoller: transports by recv and sendmsg, for systems that tell what
// is ready.
//
// A transport gets one recv an event, into a block that all share; level
// triggering brings the rest. It is watched for output only after the kernel
// took less than was offered. What is paused is unwatched when the first event
// comes that nobody wants.
//
// Thread: as Poller.
class ReadinessPoller : public DescriptorPoller {
 public:
  Status OpenTransport(Transport& transport) final;
  void SetReceiving(Transport& transport, bool on) final;
  std::size_t TrySend(Transport& transport, std::span<const std::byte> first,
                      std::span<const std::byte> second) final;
  void Flush(Transport& transport) final;
  void CloseTransport(Transport& transport) final;

 protected:
  explicit ReadinessPoller(std::shared_ptr<const os::WakeFd> wake_fd);

  // A backend's Wait waits, not at all if something is due, calls Dispatch for
  // each event, and at last DeliverDue. EINTR counts as a time-out.
  bool is_due() const noexcept { return queued_ != nullptr || has_completed(); }
  void DeliverDue() {
    if (has_completed()) DeliverCompleted();
    if (queued_ != nullptr) DeliverQueued();
  }
  // As DescriptorPoller's, for transports too.
  void Dispatch(Token token, Readiness ready, int error = 0);

 private:
  void OnTransportReady(Transport& transport, Readiness ready);
  void Receive(Transport& transport);
  void SendOutput(Transport& transport);
  void Rearm(Transport& transport);
  void Break(Transport& transport, int error);
  // Makes DeliverDue call OnClosed or OnEnd(error).
  void Queue(Transport& transport);
  void DeliverQueued();

  std::unique_ptr<std::byte[]> receive_block_;  // kTurnBudgetBytes
  Transport* queued_ = nullptr;
};

}  // namespace eddy::internal

#endif  // EDDY_POLL_READINESS_POLLER_H_
