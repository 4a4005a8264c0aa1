// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// SessionProgram: a WebSocket handler that holds the library to its word.

#ifndef EDDY_FUZZ_SESSION_PROGRAM_H_
#define EDDY_FUZZ_SESSION_PROGRAM_H_

#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <deque>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "eddy/ws.h"
#include "support/pattern.h"
#include "ws/frame.h"
#include "ws/utf8_validator.h"

namespace eddy::test {

inline void Require(bool condition) {
  if (!condition) std::abort();
}

// SessionProgram: aborts when a callback comes that must not, or a call has
// another outcome than its header says. For one session.
class SessionProgram final : public ws::Handler {
 public:
  static constexpr std::size_t kMaxMessageBytes = 40'000;

  enum class Action : std::uint8_t {
    kNone,
    kThrow,
    kClose,
    kAbort,
    kSendMany,
    kPause,
    kCount
  };

  // What the next callback does.
  Action action = Action::kNone;
  bool is_echo = false;

  // While it is open.
  ws::Session* session() const { return session_; }
  bool has_aborted() const { return has_aborted_; }
  int opens() const { return opens_; }
  int closes() const { return closes_; }
  // What was accepted to be sent, and has not been found in the output yet.
  std::deque<std::string> messages;
  std::deque<std::string> pongs;

  void Send(ws::MessageType type, std::string_view bytes, bool is_prepared) {
    const bool was_open = session_->is_open();
    const Status status =
        is_prepared ? session_->Send(ws::PreparedMessage(type, AsBytes(bytes)))
                    : session_->Send(type, AsBytes(bytes));
    Require(was_open || status.code() == Error::kClosed);
    if (status.ok()) messages.emplace_back(bytes);
  }
  void Close(ws::CloseCode code, std::string_view reason) {
    const bool may_be = ws::MayBeSent(code);
    const bool was_open = session_->is_open();
    Require(session_->Close(code, reason).ok() == may_be);
    Require(session_->is_open() == (was_open && !may_be));
  }
  void Abort() {
    has_aborted_ = true;
    session_->Abort();
    Require(!session_->is_open());
  }

  void OnConnect(ws::Session& session) override {
    Require(session_ == nullptr && opens_ == 0);
    ++opens_;
    session_ = &session;
    Require(session.is_open());
    Act();
  }
  void OnMessage(ws::Session& session, ws::Message message) override {
    Expect(session);
    Require(message.bytes.size() <= kMaxMessageBytes);
    Require(!message.is_text() || internal::IsUtf8(message.bytes));
    if (is_echo) Send(message.type, message.text(), false);
    Act();
  }
  void OnPing(ws::Session& session, std::span<const std::byte> bytes) override {
    Expect(session);
    Require(bytes.size() <= internal::kMaxControlBytes);
    pongs.emplace_back(AsText(bytes));
    Act();
  }
  void OnPong(ws::Session& session, std::span<const std::byte> bytes) override {
    Expect(session);
    Require(bytes.size() <= internal::kMaxControlBytes);
    Act();
  }
  void OnWritable(ws::Session& session) override {
    Expect(session);
    Act();
  }
  void OnClose(ws::Session& session, ws::CloseCode,
               std::string_view reason) override {
    Require(&session == session_ && !session.is_open());
    Require(internal::IsUtf8(AsBytes(reason)));
    Require(session.Send("late").code() == Error::kClosed);
    ++closes_;
    session_ = nullptr;
    if (action == Action::kThrow) throw std::runtime_error("no");
  }

 private:
  void Expect(ws::Session& session) const {
    Require(&session == session_ && session.is_open());
  }
  void Act() {
    switch (std::exchange(action, Action::kNone)) {
      case Action::kThrow:
        has_aborted_ = true;  // as far as the output is concerned
        throw std::runtime_error("no");
      case Action::kClose:
        return Close(ws::CloseCode{4000}, "in a callback");
      case Action::kAbort:
        return Abort();
      case Action::kSendMany:
        for (std::size_t i = 0; i < 20; ++i) {
          Send(ws::MessageType::kBinary, Pattern(i * i * 10), i % 3 == 0);
        }
        return;
      case Action::kPause:
        return session_->PauseReading();
      case Action::kNone:
      case Action::kCount:
        return;
    }
  }

  ws::Session* session_ = nullptr;
  bool has_aborted_ = false;
  int opens_ = 0;
  int closes_ = 0;
};

}  // namespace eddy::test

#endif  // EDDY_FUZZ_SESSION_PROGRAM_H_
