// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionCore: opening, reading and ending.

#include "ws/session_core.h"

#include <algorithm>
#include <exception>
#include <utility>

#include "base/log.h"
#include "eddy/ring_buffer.h"
#include "eddy/ws/response.h"
#include "eddy/ws/session_handle.h"
#include "loop/loop_core.h"
#include "net/connection_set.h"
#include "net/stream_connection.h"
#include "ws/server_handshake.h"

namespace eddy::internal {

SessionCore::SessionCore(Connection& connection, Endpoint& endpoint)
    : Session(connection),
      endpoint_(endpoint),
      reader_(connection.Get<std::shared_ptr<ClientPlan>>() == nullptr),
      timer_(*this),
      is_client_(connection.Get<std::shared_ptr<ClientPlan>>() != nullptr) {}

SessionCore::~SessionCore() { StopTimer(); }

SessionCore* SessionCore::OpenOne(Connection& connection) noexcept {
  auto* session = connection.Get<SessionCore>();
  return session != nullptr && session->is_open() ? session : nullptr;
}

Status SessionCore::TryHandler(auto&& callback) {
  Status failure;
  try {
    callback(endpoint_.handler());
    return failure;
  } catch (const std::exception& exception) {
    failure = Status(Error::kHandlerFailed, exception.what());
  } catch (...) {
    failure = Status(Error::kHandlerFailed, "an exception of unknown type");
  }
  SetStats& stats = StreamConnection::Of(connection_).set().stats();
  SetStats::Add(stats.handler_exceptions, 1);
  Log(Level::kError, "an exception left a WebSocket handler: {}", failure);
  return failure;
}

void SessionCore::CallHandler(auto&& callback) {
  Status failure = TryHandler(callback);
  if (failure.ok() || state_ == State::kEnded) return;
  Note(ws::CloseCode::kInternalError, "an exception left the handler");
  if (state_ == State::kOpen) SendClose(ws::CloseCode::kInternalError, {});
  End(std::move(failure));
}

// ---- The handshake ----------------------------------------------------------

void SessionCore::Begin() {
  SetTimer(endpoint_.options().handshake_timeout);
  const auto& options = endpoint_.options();
  if (!is_client_) {
    upgrade_ = std::make_unique<Upgrade>(options.max_head_bytes);
    return;
  }
  const auto& plan = *connection_.Get<std::shared_ptr<ClientPlan>>();
  upgrade_ = std::make_unique<Upgrade>(plan, options);
  connection_.Send(upgrade_->handshake->MakeRequest(plan->url, plan->headers));
}

bool SessionCore::ReadHandshake(RingBuffer& input) {
  return is_client_ ? ReadResponse(input) : ReadRequest(input);
}

bool SessionCore::ReadRequest(RingBuffer& input) {
  switch (upgrade_->parser.Parse(input, upgrade_->request)) {
    case RequestParser::Progress::kMore:
      return false;
    case RequestParser::Progress::kRefused:
      Refuse(upgrade_->parser.status());
      return false;
    case RequestParser::Progress::kDone:
      return Answer(upgrade_->request);
  }
  return false;
}

bool SessionCore::Answer(const ws::Request& request) {
  ws::Response response;
  const Status failure = TryHandler(
      [&](ws::Handler& handler) { handler.OnUpgrade(request, response); });
  if (!failure.ok()) {
    Refuse(500);
    return false;
  }
  HandshakeReply reply =
      MakeReply(request, response, endpoint_.options().deflate);
  connection_.Send(reply.bytes);
  if (!reply.is_accepted) {
    End({});
    return false;
  }
  return Open(std::move(reply.subprotocol), reply.deflate);
}

void SessionCore::Refuse(int status) {
  connection_.Send(MakeRefusal(status));
  End(Status(Error::kProtocol, "not a request that can be served"));
}

bool SessionCore::ReadResponse(RingBuffer& input) {
  auto& handshake = *upgrade_->handshake;
  switch (handshake.Read(input)) {
    case ClientHandshake::Progress::kMore:
      return false;
    case ClientHandshake::Progress::kFailed:
      FailUpgrade(handshake.failure());
      return false;
    case ClientHandshake::Progress::kOpen:
      return Open(handshake.subprotocol(), handshake.deflate());
  }
  return false;
}

// Of a client: there is nothing to tell the server.
void SessionCore::FailUpgrade(Status reason) {
  state_ = State::kEnded;
  const auto plan = upgrade_->plan;
  StreamConnection::Of(connection_).Terminate(reason);
  Tell(*plan, std::move(reason));
}

void SessionCore::Tell(ClientPlan& plan, Result<ws::SessionHandle> outcome) {
  loop_core().RunGuarded("connect callback",
                         [&] { plan.Tell(std::move(outcome)); });
}

bool SessionCore::Open(std::string subprotocol,
                       const std::optional<DeflateAgreement>& deflate) {
  if (deflate) {
    compression_ = std::make_unique<Compression>(*deflate, bool{is_client_},
                                                 *endpoint_.options().deflate);
    reader_.AllowCompression();
  }
  if (!subprotocol.empty()) {
    subprotocol_ = std::make_unique<const std::string>(std::move(subprotocol));
  }
  const auto plan = std::move(upgrade_->plan);
  upgrade_.reset();
  state_ = State::kOpen;
  is_announced_ = true;
  StopTimer();
  SetTimer(endpoint_.options().ping_interval);
  CallHandler([this](ws::Handler& handler) { handler.OnConnect(*this); });
  if (plan != nullptr) Tell(*plan, handle());
  return state_ != State::kEnded;
}

// ---- Reading ----------------------------------------------------------------

void SessionCore::OnInput(RingBuffer& input) {
  has_heard_ = true;
  if (awaits_pong_) {
    awaits_pong_ = false;
    StopTimer();
    SetTimer(endpoint_.options().ping_interval);
  }
  if (state_ == State::kOpening && !ReadHandshake(input)) return;
  ReadFrames(input);
}

void SessionCore::ReadFrames(RingBuffer& input) {
  const MessageReader::Limits limits = endpoint_.limits();
  while (state_ != State::kEnded && connection_.is_open() &&
         !connection_.is_reading_paused()) {
    Inflater* const inflater =
        compression_ != nullptr ? compression_->inflater() : nullptr;
    const auto event = reader_.Next(
        input, limits, inflater,
        compression_ != nullptr && compression_->peer_keeps_context());
    if (!TakeEvent(event, input)) return;
  }
  if (state_ == State::kEnded) input.Clear();
}

// Returns whether there may be another one.
bool SessionCore::TakeEvent(MessageReader::Event event, RingBuffer& input) {
  switch (event) {
    case MessageReader::Event::kMore:
      return false;
    case MessageReader::Event::kMessage:
      if (state_ == State::kOpen) {
        CallHandler([this](ws::Handler& handler) {
          handler.OnMessage(*this, reader_.message());
        });
      }
      break;
    case MessageReader::Event::kPing:
      TakePing();
      break;
    case MessageReader::Event::kPong:
      if (state_ == State::kOpen) {
        CallHandler([this](ws::Handler& handler) {
          handler.OnPong(*this, reader_.control());
        });
      }
      break;
    case MessageReader::Event::kClose:
      TakeClose();
      break;
    case MessageReader::Event::kFailed:
      Fail(reader_.close_code(), reader_.close_reason());
      return true;
  }
  reader_.Release(input);
  return true;
}

void SessionCore::TakePing() {
  if (state_ != State::kOpen) return;
  SendFrame(Opcode::kPong, reader_.control());
  CallHandler([this](ws::Handler& handler) {
    handler.OnPing(*this, reader_.control());
  });
}

void SessionCore::TakeClose() {
  has_close_ = true;
  Note(reader_.close_code(), reader_.close_reason());
  if (state_ == State::kOpen) SendClose(reader_.close_code(), {});
  End({});
}

void SessionCore::Fail(ws::CloseCode code, std::string_view reason) {
  if (state_ == State::kOpen) {
    Note(code, reason);
    SendClose(code, reason);
  }
  End(Status(Error::kProtocol, reason));
}

// ---- Ending -----------------------------------------------------------------

void SessionCore::Note(ws::CloseCode code, std::string_view reason) {
  close_code_ = code;
  close_reason_ =
      reason.empty() ? nullptr : std::make_unique<const std::string>(reason);
}

// A client leaves it to the server to end the stream, which keeps the wait for
// stray packets off the server's side no longer than need be (RFC 6455, 7.1.1).
void SessionCore::End(Status reason) {
  const bool waits = is_client_ && has_close_ && reason.ok();
  state_ = State::kEnded;
  StopTimer();
  connection_.ResumeReading();
  if (waits) return SetTimer(endpoint_.options().close_timeout);
  CloseWithReason(connection_, std::move(reason));
}

void SessionCore::OnRoom() {
  if (state_ != State::kOpen) return;
  CallHandler([this](ws::Handler& handler) { handler.OnWritable(*this); });
}

void SessionCore::OnStop() {
  if (state_ != State::kOpen) return;
  Note(ws::CloseCode::kGoingAway, {});
  SendClose(ws::CloseCode::kGoingAway, {});
  state_ = State::kEnded;
  StopTimer();
}

void SessionCore::OnOver(const Status& reason) {
  state_ = State::kEnded;
  StopTimer();
  if (upgrade_ != nullptr && upgrade_->plan != nullptr) {
    const auto plan = upgrade_->plan;
    Tell(*plan, reason.ok() ? Status(Error::kClosed) : reason);
  }
  if (!is_announced_) return;
  if (close_code_ == ws::CloseCode::kAbnormal) {
    Note(close_code_,
         reason.ok() ? "the peer ended the stream" : reason.message());
  }
  endpoint_.handler().OnClose(
      *this, close_code_,
      close_reason_ ? std::string_view(*close_reason_) : std::string_view());
}

// ---- Time -------------------------------------------------------------------

LoopCore& SessionCore::loop_core() const noexcept {
  return LoopCore::Of(connection_.loop());
}

void SessionCore::SetTimer(std::chrono::nanoseconds delay) {
  if (delay.count() == 0) return;
  has_heard_ = false;
  loop_core().wheel().Schedule(timer_,
                               LimitFrom(connection_.loop().now(), delay));
}

void SessionCore::StopTimer() noexcept {
  if (timer_.is_scheduled()) loop_core().wheel().Cancel(timer_);
}

void SessionCore::OnTimer(TimerNode& node) noexcept {
  static_cast<DeadlineTimer&>(node).session.CheckDeadline();
}

void SessionCore::CheckDeadline() {
  switch (state_) {
    case State::kOpening: {
      Status late(Error::kTimeout, "no WebSocket handshake in time");
      if (is_client_) return FailUpgrade(std::move(late));
      return StreamConnection::Of(connection_).Terminate(std::move(late));
    }
    case State::kOpen:
      return CheckPeer();
    case State::kClosing:
    case State::kEnded:
      return StreamConnection::Of(connection_)
          .Terminate(has_close_ ? Status() : Status(Error::kCloseTimeout));
  }
}

// Of ping_interval, or of pong_timeout once a ping is out.
void SessionCore::CheckPeer() {
  const auto& options = endpoint_.options();
  // While it is not read from nothing can be heard.
  const bool is_silent = !has_heard_ && !connection_.is_reading_paused();
  if (is_silent && awaits_pong_) {
    return StreamConnection::Of(connection_)
        .Terminate(Status(Error::kTimeout, "the peer does not answer"));
  }
  awaits_pong_ = is_silent && options.pong_timeout.count() != 0;
  if (is_silent) SendFrame(Opcode::kPing, {});
  SetTimer(awaits_pong_ ? options.pong_timeout : options.ping_interval);
}

}  // namespace eddy::internal
