// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionCore: the inside of a Session.

#ifndef EDDY_WS_SESSION_CORE_H_
#define EDDY_WS_SESSION_CORE_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "eddy/ws/session.h"
#include "loop/loop_core.h"
#include "loop/member_timer.h"
#include "ws/compression.h"
#include "ws/endpoint.h"
#include "ws/frame.h"
#include "ws/message_reader.h"
#include "ws/request_parser.h"
#include "ws/upgrade.h"

namespace eddy::internal {

class PreparedFrame;
class StreamConnection;

// SessionCore: the one implementation of Session, a state of its connection.
//
//   kOpening -> kOpen -> kClosing -> kEnded
//
// kOpening: the handshake; the program knows nothing yet. kClosing: our close
// frame is sent, the peer's is awaited. kEnded: nothing more is read or sent;
// the connection is about to end. Any state may skip to kEnded.
//
// Ownership: its connection's. Thread: the loop's.
class SessionCore final : public ws::Session {
 public:
  SessionCore(Connection& connection, Endpoint& endpoint);
  SessionCore(const SessionCore&) = delete;
  SessionCore& operator=(const SessionCore&) = delete;
  ~SessionCore();

  static SessionCore& Of(ws::Session& session) noexcept {
    return static_cast<SessionCore&>(session);
  }
  static const SessionCore& Of(const ws::Session& session) noexcept {
    return static_cast<const SessionCore&>(session);
  }
  // The connection's session, if it is open.
  static SessionCore* OpenOne(Connection& connection) noexcept;

  // What happens to the connection.
  void Begin();
  void OnInput(RingBuffer& input);
  void OnRoom();
  void OnStop();
  void OnOver(const Status& reason);

  // What the public members do.
  Status DoSend(ws::MessageType type, std::span<const std::byte> bytes);
  Status DoSend(const PreparedFrame& message);
  // The same for what comes by a handle, to this session alone.
  Status DoSendOnce(const PreparedFrame& message);
  Status DoPing(std::span<const std::byte> bytes);
  Status DoClose(ws::CloseCode code, std::string_view reason);
  // kInvalidArgument for what Close does not take.
  static Status CheckClose(ws::CloseCode code, std::string_view reason);
  void DoAbort();
  bool is_open() const noexcept {
    return state_ == State::kOpen && connection_.is_open();
  }
  bool is_compressed() const noexcept { return compression_ != nullptr; }
  std::string_view subprotocol() const noexcept {
    return subprotocol_ ? std::string_view(*subprotocol_) : std::string_view();
  }

 private:
  enum class State : std::uint8_t { kOpening, kOpen, kClosing, kEnded };
  // What the timer of an open session waits for.
  enum class Ping : std::uint8_t { kNone, kSent, kLastLook };

  // Calls `callback` with the handler. An exception is logged, counted and
  // returned; the second ends the session, too.
  Status TryHandler(auto&& callback);
  bool CallHandler(auto&& callback);

  // The handshake. Each returns whether the session is open now.
  bool ReadHandshake(RingBuffer& input);
  bool ReadRequest(RingBuffer& input);
  bool ReadResponse(RingBuffer& input);
  void TellResponse();
  bool Answer(const ws::Request& request);
  void Refuse(int status);
  bool Open(std::string subprotocol,
            const std::optional<DeflateAgreement>& deflate);

  void ReadFrames(RingBuffer& input);
  bool TakeEvent(MessageReader::Event event, RingBuffer& input);
  void TakePing();
  void TakeClose();
  // Ends the session because of what the peer did: tells it why, and closes.
  void Fail(ws::CloseCode code, std::string_view reason);

  Status SendFrame(Opcode opcode, std::span<const std::byte> bytes,
                   bool is_compressed = false);
  Status SendMasked(Opcode opcode, std::span<const std::byte> bytes,
                    bool is_compressed);
  Status SendPrepared(const PreparedFrame& message);
  Status SendClose(ws::CloseCode code, std::string_view reason);
  // Runs `work`, which sends; want of memory ends the connection.
  Status WithMemory(auto&& work);

  void Note(ws::CloseCode code, std::string_view reason);
  // The closing handshake is over, or there will be none.
  void End(Status reason);
  void Break(Status reason);

  void CheckDeadline();
  void CheckPeer();
  bool HasTaken() noexcept;
  void SetTimer(std::chrono::nanoseconds delay, Ping ping = Ping::kNone);
  void StopTimer() noexcept;
  LoopCore& loop_core() const noexcept;
  StreamConnection& stream() const noexcept;

  Endpoint& endpoint_;
  std::unique_ptr<Upgrade> upgrade_;  // of kOpening
  MessageReader reader_;
  std::unique_ptr<Compression> compression_;  // none: not agreed on
  std::unique_ptr<const std::string> subprotocol_;
  std::unique_ptr<const std::string> close_reason_;
  // Fires when the time limit of the state may have passed.
  MemberTimer<SessionCore, &SessionCore::CheckDeadline> timer_;
  std::uint64_t taken_bytes_ = 0;  // by the peer, when HasTaken looked
  ws::CloseCode close_code_ = ws::CloseCode::kAbnormal;
  State state_ = State::kOpening;
  Ping ping_ = Ping::kNone;
  bool is_client_ : 1;
  bool is_announced_ : 1 = false;  // OnConnect was called
  bool has_heard_ : 1 = false;     // something came since the timer was set
  bool has_close_ : 1 = false;     // the peer's close came
  bool has_to_take_ : 1 = false;   // the peer had, when HasTaken looked
};

}  // namespace eddy::internal

#endif  // EDDY_WS_SESSION_CORE_H_
