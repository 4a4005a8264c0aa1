// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Acceptor: a listening socket on a loop.

#include "net/acceptor.h"

#include <cerrno>
#include <utility>

#include "base/log.h"
#include "os/socket.h"

namespace eddy::internal {
namespace {

constexpr int kShedBatch = 64;

bool IsWantOfDescriptors(int error) noexcept {
  return error == EMFILE || error == ENFILE;
}

}  // namespace

Acceptor::Acceptor(LoopCore& loop, UniqueFd listener, AcceptSink& sink)
    : TimerNode(&OnTimer),
      loop_(loop),
      listener_(std::move(listener)),
      reserve_(os::OpenReserve()),
      sink_(sink) {}

Acceptor::~Acceptor() { Close(); }

Status Acceptor::Start() {
  is_started_ = true;
  Status status = loop_.poller().Listen(listener_.get(), *this);
  is_listening_ = status.ok();
  return status;
}

void Acceptor::SetPaused(bool on) {
  is_paused_ = on;
  Update();
}

void Acceptor::Close() {
  is_started_ = false;
  if (is_scheduled()) loop_.wheel().Cancel(*this);
  Update();
  listener_.Reset();
  reserve_.Reset();
}

void Acceptor::Update() {
  const bool should = is_started_ && !is_paused_ && !is_scheduled();
  if (should == is_listening_) return;
  if (!should) {
    is_listening_ = false;
    return loop_.poller().Remove(listener_.get());
  }
  const Status status = loop_.poller().Listen(listener_.get(), *this);
  is_listening_ = status.ok();
  if (status.ok()) return;
  Log(Level::kError, "listening can't go on, trying again: {}", status);
  BackOff();
}

void Acceptor::OnAccept(UniqueFd fd, Address peer) {
  is_starved_ = false;
  if (peer.family() == Address::Family::kNone) {
    peer = os::PeerAddress(fd.get());
  }
  sink_.OnAccepted(std::move(fd), std::move(peer));
}

void Acceptor::OnAcceptError(int error) {
  if (IsWantOfDescriptors(error)) sink_.OnShed(Shed());
  if (!std::exchange(is_starved_, true)) {
    Log(Level::kWarning, "accepting pauses: {}",
        Status::FromErrno(error).message());
  }
  BackOff();
}

// Accepts and closes what waits. Returns how many that was.
std::size_t Acceptor::Shed() {
  std::size_t count = 0;
  for (int i = 0; i < kShedBatch; ++i) {
    reserve_.Reset();
    const os::Accepted accepted = os::AcceptFrom(listener_.get());
    if (accepted.fd < 0) break;
    UniqueFd(accepted.fd).Reset();
    ++count;
  }
  reserve_ = os::OpenReserve();
  return count;
}

void Acceptor::BackOff() {
  if (is_scheduled()) return;
  loop_.wheel().Schedule(*this, loop_.clock().Now() + kBackOff);
  Update();
}

void Acceptor::OnTimer(TimerNode& node) noexcept {
  auto& self = static_cast<Acceptor&>(node);
  if (!self.reserve_) self.reserve_ = os::OpenReserve();
  self.Update();
}

}  // namespace eddy::internal
