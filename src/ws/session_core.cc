// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionCore: opening, reading and ending.

#include "ws/session_core.h"

#include <algorithm>
#include <exception>
#include <new>
#include <utility>

#include "base/log.h"
#include "eddy/ring_buffer.h"
#include "eddy/ws/response.h"
#include "loop/loop_core.h"
#include "net/connection_set.h"
#include "net/stream_connection.h"
#include "os/socket.h"
#include "ws/server_handshake.h"

namespace eddy::internal {

SessionCore::SessionCore(Connection& connection, Endpoint& endpoint)
    : Session(connection),
      endpoint_(endpoint),
      reader_(connection.Get<PlanRef>() == nullptr),
      timer_(*this),
      is_client_(connection.Get<PlanRef>() != nullptr) {}

SessionCore::~SessionCore() { StopTimer(); }

StreamConnection& SessionCore::stream() const noexcept {
  return StreamConnection::Of(connection_);
}

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
  SetStats& stats = stream().set().stats();
  SetStats::Add(stats.handler_exceptions, 1);
  Log(Level::kError, "an exception left a WebSocket handler: {}", failure);
  return failure;
}

// Returns whether there was no exception.
bool SessionCore::CallHandler(auto&& callback) {
  Status failure = TryHandler(callback);
  if (failure.ok()) return true;
  if (state_ == State::kEnded) return false;
  Note(ws::CloseCode::kInternalError, "an exception left the handler");
  if (state_ == State::kOpen) SendClose(ws::CloseCode::kInternalError, {});
  End(std::move(failure));
  return false;
}

// ---- The handshake ----------------------------------------------------------

void SessionCore::Begin() {
  const auto& options = endpoint_.options();
  SetTimer(options.handshake_timeout);
  if (!is_client_) {
    upgrade_ = std::make_unique<Upgrade>(options.max_head_bytes);
    return;
  }
  stream().SetProvisional(true);
  upgrade_ = std::make_unique<Upgrade>(std::move(*connection_.Get<PlanRef>()),
                                       options);
  connection_.Remove<PlanRef>();
  const ClientPlan& plan = *upgrade_->plan;
  connection_.Send(upgrade_->handshake->MakeRequest(plan.url, plan.headers));
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
  ws::Response response(&connection_);
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
  connection_.Send(MakeRefusal(status, upgrade_->request.method()));
  End(Status(Error::kProtocol, "not a request that can be served"));
}

bool SessionCore::ReadResponse(RingBuffer& input) {
  auto& handshake = *upgrade_->handshake;
  const auto progress = handshake.Read(input);
  if (progress == ClientHandshake::Progress::kMore) return false;
  TellResponse();
  // Cancel, or Stop.
  if (!connection_.is_open()) return false;
  if (progress == ClientHandshake::Progress::kOpen) {
    return Open(handshake.subprotocol(), handshake.deflate());
  }
  if (handshake.is_final()) stream().NoteOwnEnd();  // not to be tried again
  Break(handshake.failure());
  return false;
}

void SessionCore::TellResponse() {
  const auto& handshake = *upgrade_->handshake;
  auto& tell = upgrade_->plan->on_response;
  if (!tell || handshake.status() == 0) return;
  loop_core().RunGuarded("response callback",
                         [&] { tell(handshake.status(), handshake.fields()); });
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
  upgrade_.reset();
  state_ = State::kOpen;
  is_announced_ = true;
  StopTimer();
  SetTimer(endpoint_.options().ping_interval);
  stream().SetProvisional(false);
  const bool has_returned =
      CallHandler([this](ws::Handler& handler) { handler.OnConnect(*this); });
  if (has_returned && is_client_) stream().TellAnnounced();
  return state_ != State::kEnded;
}

// ---- Reading ----------------------------------------------------------------

void SessionCore::OnInput(RingBuffer& input) {
  has_heard_ = true;
  if (ping_ != Ping::kNone && state_ == State::kOpen) {
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
    if (!TakeEvent(event, input)) break;
  }
  if (state_ == State::kEnded) input.Clear();
  stream().SetHeldBytes(reader_.held_bytes());
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

// After our close nothing is sent any more (RFC 6455, 1.4). By 5.5.2 pongs
// would be, until the peer's close comes; most implementations leave them out,
// for the close is sign of life enough.
void SessionCore::TakePing() {
  if (state_ != State::kOpen) return;
  // Without room for it the connection is lost.
  if (!SendFrame(Opcode::kPong, reader_.control()).ok()) return;
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
  Note(code, reason);
  if (state_ == State::kOpen) SendClose(code, reason);
  const bool is_ours = code == ws::CloseCode::kInternalError;
  End(is_ours ? Status(Error::kNoMemory) : Status(Error::kProtocol, reason));
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
  // The time limit is that of the first close. An answer that is no session has
  // those of the connection.
  if (state_ != State::kClosing) StopTimer();
  if (state_ == State::kOpen) SetTimer(endpoint_.options().close_timeout);
  state_ = State::kEnded;
  if (!waits) stream().BeginClose(std::move(reason));
}

void SessionCore::OnRoom() {
  if (state_ != State::kOpen) return;
  CallHandler([this](ws::Handler& handler) { handler.OnWritable(*this); });
}

void SessionCore::OnStop() {
  if (state_ == State::kOpening || state_ == State::kEnded) return;
  Note(ws::CloseCode::kGoingAway, {});
  if (state_ == State::kOpen) {
    SendClose(ws::CloseCode::kGoingAway, {});
    StopTimer();
  }
  state_ = State::kEnded;
}

// OnClose is called whatever memory there is.
void SessionCore::OnOver(const Status& reason) {
  state_ = State::kEnded;
  StopTimer();
  if (!is_announced_) return;
  std::string cause;
  std::string_view told = "the peer ended the stream";
  if (close_code_ != ws::CloseCode::kAbnormal) {
    told =
        close_reason_ ? std::string_view(*close_reason_) : std::string_view();
  } else if (!reason.ok()) {
    try {
      cause = reason.message();
      told = cause;
    } catch (const std::bad_alloc&) {
      told = "memory ran out";
    }
  }
  endpoint_.handler().OnClose(*this, close_code_, told);
}

// Ends the connection at once.
void SessionCore::Break(Status reason) {
  state_ = State::kEnded;
  StopTimer();
  stream().Terminate(std::move(reason));
}

// ---- Time -------------------------------------------------------------------

LoopCore& SessionCore::loop_core() const noexcept {
  return LoopCore::Of(connection_.loop());
}

// From now, and not from when the turn began: that would be early.
void SessionCore::SetTimer(std::chrono::nanoseconds delay, Ping ping) {
  ping_ = ping;
  has_heard_ = false;
  if (delay.count() == 0) return;
  loop_core().wheel().Schedule(timer_,
                               LimitFrom(loop_core().clock().Now(), delay));
}

void SessionCore::StopTimer() noexcept {
  ping_ = Ping::kNone;
  if (timer_.is_scheduled()) loop_core().wheel().Cancel(timer_);
}

void SessionCore::CheckDeadline() {
  switch (state_) {
    case State::kOpening:
      return Break(Status(Error::kTimeout, "no WebSocket handshake in time"));
    case State::kOpen:
      return CheckPeer();
    case State::kClosing:
    case State::kEnded: {
      const bool is_good = has_close_ && connection_.output_size() == 0;
      return stream().Terminate(is_good ? Status()
                                        : Status(Error::kCloseTimeout));
    }
  }
}

// Whoever is not read from can't be heard, and who has yet to take what was
// sent before a ping can't answer it: then it is a sign of life that some of
// that is taken. When time is up, what came in this turn is yet to be read:
// hence the last look.
void SessionCore::CheckPeer() {
  const auto& options = endpoint_.options();
  const bool has_taken = HasTaken();
  const bool is_silent = !has_heard_ && !has_taken && connection_.is_open() &&
                         !stream().is_held_back();
  if (!is_silent) return SetTimer(options.ping_interval);
  switch (ping_) {
    case Ping::kNone:
      if (connection_.output_size() == 0) SendFrame(Opcode::kPing, {});
      if (options.pong_timeout.count() == 0) {
        return SetTimer(options.ping_interval);
      }
      return SetTimer(options.pong_timeout, Ping::kSent);
    case Ping::kSent:
      return SetTimer(std::chrono::nanoseconds(1), Ping::kLastLook);
    case Ping::kLastLook:
      return Break(Status(Error::kTimeout, "the peer does not answer"));
  }
}

// Whether the peer has taken some of what is sent since the last look. That of
// a ping alone says nothing: its system takes that.
bool SessionCore::HasTaken() noexcept {
  const std::size_t on_its_way = os::CountUntaken(stream().fd());
  const std::uint64_t taken = stream().sent_bytes() - on_its_way;
  const bool had_to_take = has_to_take_;
  has_to_take_ = on_its_way + connection_.output_size() != 0;
  return std::exchange(taken_bytes_, taken) != taken &&
         (had_to_take || has_to_take_);
}

}  // namespace eddy::internal
