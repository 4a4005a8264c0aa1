// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Dialer: what became of one Connect.

#include "net/dialer.h"

#include <fmt/format.h>

#include <cerrno>
#include <new>
#include <string_view>
#include <utility>

#include "base/check.h"
#include "base/log.h"
#include "net/connector.h"
#include "net/stream_connection.h"
#include "os/socket.h"

namespace eddy::internal {
namespace {

// `status` as the failure of connecting to `address`.
Status WithTarget(const Status& status, std::string_view address) try {
  std::string context = fmt::format("connect to {}", address);
  const std::string all = status.message();
  const std::size_t suffix = status.code().message().size() + 2;  // ": "
  if (all.size() > suffix) {
    context += ": ";
    context += std::string_view(all).substr(0, all.size() - suffix);
  }
  return Status(status.code(), context);
} catch (const std::bad_alloc&) {
  return status;
}

}  // namespace

Dialer::Dialer(Connector& connector, ConnectId id, DialRequest request)
    : TimerNode(&OnTimer),
      connector_(connector),
      id_(id),
      request_(std::move(request)),
      backoff_(request_.options.retry.value_or(RetryOptions()),
               connector.loop().wheel().tick(), connector.NextSeed()) {}

Dialer::~Dialer() {
  EDDY_DCHECK(is_over_ && !is_scheduled() && connection_ == nullptr,
              "it is not over");
}

TimePoint Dialer::Now() const noexcept {
  return connector_.loop().clock().Now();
}

// ---- An attempt -------------------------------------------------------------

void Dialer::Start() {
  if (const Status status = Check(); !status.ok()) return Fail(status);
  Attempt();
}

Status Dialer::Check() const {
  if (request_.options.timeout.count() < 0) {
    return Status(Error::kInvalidArgument, "timeout is negative");
  }
  return request_.options.retry ? Backoff::Check(*request_.options.retry)
                                : Status();
}

void Dialer::Attempt() {
  ++attempts_;
  const TimePoint limit = LimitFrom(Now(), request_.options.timeout);
  if (limit != TimePoint::max()) {
    connector_.loop().wheel().Schedule(*this, limit);
  }
  state_ = State::kResolving;
  connector_.resolver().Resolve(request_.address, *this);
}

void Dialer::AttemptAgain() noexcept {
  try {
    Attempt();
  } catch (const std::bad_alloc&) {
    Fail(Error::kNoMemory);
  }
}

void Dialer::OnResolved(Result<Address> address) {
  state_ = State::kIdle;
  if (!address) return Fail(address.status());
  ConnectTo(*std::move(address));
}

void Dialer::ConnectTo(Address address) {
  auto socket = os::CreateSocket(address.family());
  if (!socket) return Fail(socket.status());
  if (address.is_ip()) {
    const ConnectionOptions& options = connector_.connection_options();
    os::SetNoDelay(socket->get(), options.no_delay);
    os::SetKeepAlive(socket->get(), options.keep_alive);
  }
  Poller& poller = connector_.loop().poller();
  const Status status = poller.Connect(socket->get(), address, *this);
  if (!status.ok()) return Fail(status);
  socket_ = *std::move(socket);
  address_ = std::move(address);
  state_ = State::kConnecting;
}

void Dialer::OnConnect(const Status& status) {
  state_ = State::kIdle;
  if (!status.ok()) {
    socket_.Reset();
    return Fail(status);
  }
  if (os::IsConnectedToItself(socket_.get())) {
    os::ResetOnClose(socket_.get());
    socket_.Reset();
    return Fail(Status::FromErrno(ECONNREFUSED));
  }
  state_ = State::kOpening;
  connector_.Adopt(std::move(socket_), std::move(address_), *this);
}

void Dialer::OnAdopted(StreamConnection& connection) {
  connection_ = &connection;
}

void Dialer::OnAnnouncing(StreamConnection& connection) {
  if (request_.options.prepare) request_.options.prepare(connection);
}

void Dialer::OnAnnounced(StreamConnection& connection) {
  if (is_scheduled()) connector_.loop().wheel().Cancel(*this);
  state_ = State::kConnected;
  connected_at_ = Now();
  // Unless it is to be replaced when it is lost, the dial goes: an idle
  // connection is to cost no more than it must.
  const bool goes_on = request_.options.retry && !is_over_;
  if (!goes_on) {
    is_over_ = true;
    LetGo();
  }
  Tell(connection.own_handle());
  if (!goes_on) connector_.Report(*this);
}

void Dialer::OnGone(const Status& reason, bool is_own_end) {
  connection_ = nullptr;
  const State state = std::exchange(state_, State::kIdle);
  if (is_scheduled()) connector_.loop().wheel().Cancel(*this);
  if (is_own_end) is_over_ = true;
  if (state == State::kOpening) {
    return Fail(reason.ok() ? Status(Error::kClosed) : reason);
  }
  if (Now() - connected_at_ >= request_.options.retry->stable_after) {
    backoff_.Reset();
    attempts_ = 0;
  }
  Report(reason.ok() ? Status(Error::kClosed) : reason);
}

void Dialer::OnTimer(TimerNode& node) noexcept {
  auto& self = static_cast<Dialer&>(node);
  if (self.state_ == State::kWaiting) {
    self.state_ = State::kIdle;
    return self.AttemptAgain();
  }
  self.Fail(Error::kTimeout);
}

// ---- The outcome ------------------------------------------------------------

void Dialer::Fail(const Status& status) {
  LetGo();
  Report(WithTarget(status, request_.address));
}

void Dialer::Report(Status outcome) {
  outcome_ = std::move(outcome);
  connector_.Report(*this);
  if (is_over_) return;
  is_over_ = !MayRetry();
  if (is_over_) return;
  const std::size_t most = request_.options.retry->max_attempts;
  if (most == 0 || attempts_ < most) return;
  is_over_ = true;
  Log(Level::kWarning, "no connection to {}, given up after {} attempts: {}",
      request_.address, attempts_, outcome_);
}

void Dialer::LetGo() {
  if (is_scheduled()) connector_.loop().wheel().Cancel(*this);
  switch (std::exchange(state_, State::kIdle)) {
    case State::kResolving:
      connector_.resolver().Forget(*this);
      break;
    case State::kConnecting:
      connector_.loop().poller().Remove(socket_.get());
      socket_.Reset();
      break;
    case State::kOpening:
      connection_->ForgetInitiator();
      connection_->Terminate(Error::kCancelled);
      break;
    case State::kConnected:
      connection_->ForgetInitiator();
      break;
    case State::kIdle:
    case State::kWaiting:
      break;
  }
  connection_ = nullptr;
}

// OnAnnounced is next, and tells that the connection is there.
bool Dialer::IsBeingAnnounced() const noexcept {
  return state_ == State::kOpening && connection_ != nullptr &&
         connection_->is_announced() && !connection_->is_provisional();
}

bool Dialer::End(const Status& reason) {
  const bool is_there = IsBeingAnnounced();
  if (is_over_ || (is_there && !request_.options.retry)) return false;
  is_over_ = true;
  if (!is_there && outcome_.ok()) Fail(reason);
  return true;
}

void Dialer::Tell(Result<ConnectionHandle> outcome) {
  if (std::exchange(is_told_, true) || !request_.done) return;
  ConnectCallback done = std::move(request_.done);
  connector_.loop().RunGuarded("connect callback",
                               [&] { done(std::move(outcome)); });
}

// Not what can't get right.
bool Dialer::MayRetry() const noexcept {
  return request_.options.retry && outcome_.code() != Error::kInvalidArgument &&
         outcome_.code() != Error::kUnsupported;
}

bool Dialer::Conclude() {
  const Status cause = std::exchange(outcome_, Status());
  // The program may end it in either callback.
  if (!is_told_) Tell(cause);
  if (is_over_) return false;
  const auto delay = backoff_.Next();
  if (request_.options.on_retry) {
    connector_.loop().RunGuarded(
        "retry callback", [&] { request_.options.on_retry(cause, delay); });
  }
  if (is_over_) return false;
  state_ = State::kWaiting;
  connector_.loop().wheel().Schedule(*this, AddSaturated(Now(), delay));
  return true;
}

}  // namespace eddy::internal
