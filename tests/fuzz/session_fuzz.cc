// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Session fuzzer: whatever peer and program do, and when, a session keeps to
// the protocol and to what its header promises.

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "eddy/eddy.h"
#include "eddy/ws.h"
#include "fuzz/session_output.h"
#include "fuzz/session_program.h"
#include "net/initiator.h"
#include "net/stream_connection.h"
#include "support/connection_rig.h"
#include "support/frames.h"
#include "support/raw_web_socket.h"
#include "ws/endpoint.h"
#include "ws/upgrade.h"

namespace eddy::internal {
namespace {

using test::Require;
using Action = test::SessionProgram::Action;

constexpr std::size_t kMaxQueuedBytes = std::size_t{64} << 10;
// Output, input, and what growing takes while bytes move.
constexpr std::size_t kMostMemoryBytes = 8 * kMaxQueuedBytes;

// Script: the fuzzer's bytes, read from the front; zeros after the end.
class Script {
 public:
  explicit Script(std::string_view bytes) : bytes_(bytes) {}

  bool is_over() const { return bytes_.empty(); }
  unsigned Next() {
    if (bytes_.empty()) return 0;
    const auto byte = static_cast<std::uint8_t>(bytes_.front());
    bytes_.remove_prefix(1);
    return byte;
  }
  std::string_view Take(std::size_t count) {
    const auto taken = bytes_.substr(0, count);
    bytes_.remove_prefix(taken.size());
    return taken;
  }

 private:
  std::string_view bytes_;
};

// Setting: what the first byte of an input chooses.
struct Setting {
  explicit Setting(unsigned bits)
      : is_client((bits & 1) != 0),
        is_compressed((bits & 2) != 0),
        keeps_context((bits & 4) != 0),
        makes_handshake((bits & 8) == 0),
        is_echo((bits & 16) != 0),
        is_reading((bits & 32) == 0),
        has_small_buffers((bits & 64) != 0) {}

  ws::Options SessionOptions() const {
    ws::Options options;
    options.max_head_bytes = 1024;
    options.max_message_bytes = test::SessionProgram::kMaxMessageBytes;
    options.max_fragments = 16;
    if (is_compressed) {
      options.deflate.emplace();
      options.deflate->server_keeps_context = keeps_context;
      options.deflate->client_keeps_context = keeps_context;
      options.deflate->server_window_bits = 9;
      options.deflate->client_window_bits = 9;
      options.deflate->memory_level = 1;
      options.deflate->min_bytes = 8;
    }
    return options;
  }

  bool is_client;
  bool is_compressed;
  bool keeps_context;
  bool makes_handshake;  // else the fuzzer's bytes are all that the peer sends
  bool is_echo;
  bool is_reading;  // the peer, at first
  bool has_small_buffers;
};

// Wire: the connection's handler, between it and the session's; and who had it
// made, as a client's Connect has.
class Wire final : public Handler, public Initiator {
 public:
  Wire(ws::Handler& handler, const ws::Options& options, bool is_client)
      : endpoint_(handler, options) {
    if (!is_client) return;
    const auto plan = std::make_shared<ClientPlan>();
    plan->url = *ParseUrl("ws://127.0.0.1/fuzz");
    plan_ = plan;
  }

  int announced = 0;
  int gone = 0;
  std::optional<Status> end;  // why the connection closed

  void OnConnect(Connection& connection) override {
    endpoint_.OnConnect(connection);
  }
  void OnMessage(Connection& connection, RingBuffer& input) override {
    endpoint_.OnMessage(connection, input);
  }
  void OnWritable(Connection& connection) override {
    endpoint_.OnWritable(connection);
  }
  void OnEnd(Connection& connection) override { endpoint_.OnEnd(connection); }
  void OnStop(Connection& connection) override { endpoint_.OnStop(connection); }
  void OnClose(Connection& connection, const Status& reason) override {
    Require(!end);
    end = reason;
    endpoint_.OnClose(connection, reason);
  }

  void OnAdopted(StreamConnection&) override {}
  void OnAnnouncing(StreamConnection& connection) override {
    if (plan_ != nullptr) {
      connection.Emplace<PlanRef>(plan_);
    }
  }
  void OnAnnounced(StreamConnection&) override {
    Require(gone == 0);
    ++announced;
  }
  void OnGone(const Status&, bool) override { ++gone; }

 private:
  Endpoint endpoint_;
  PlanRef plan_;
};

// SessionDrama: one session, its peer, and what they do.
class SessionDrama {
 public:
  SessionDrama(const Setting& setting, std::uint32_t seed)
      : setting_(setting),
        output_(setting.is_client, program_),
        wire_(program_, setting.SessionOptions(), setting.is_client),
        rig_({.fake_seed = seed,
              .connection = {.high_watermark_bytes = 4096,
                             .low_watermark_bytes = 2048,
                             .max_output_bytes = kMaxQueuedBytes,
                             .max_input_bytes = kMaxQueuedBytes},
              .limits = {},
              .handler = &wire_}),
        is_reading_(setting.is_reading) {
    program_.is_echo = setting.is_echo;
    test::SocketPair pair = test::UnixPair();
    if (setting.has_small_buffers) {
      test::SetBufferBytes(pair.ours.get(), 1);
      test::SetBufferBytes(pair.peer.get(), 1);
    }
    peer_ = std::move(pair.peer);
    rig_.set().Adopt(std::move(pair.ours), {}, &wire_);
    is_held_ = setting.is_client && setting.makes_handshake;
    if (setting.makes_handshake && !setting.is_client) {
      unsent_ = test::kUpgrade;
      if (setting.is_compressed) {
        unsent_ +=
            "Sec-WebSocket-Extensions: permessage-deflate; "
            "client_max_window_bits\r\n";
      }
      unsent_ += "\r\n";
    }
  }

  void Play(Script& script) {
    while (!script.is_over()) Step(script);
    Finish();
  }

 private:
  void Step(Script& script);
  void StepOfProgram(unsigned what, Script& script);
  void Turn(int count);
  void MovePeersBytes();
  void AnswerUpgrade();
  void Finish();

  const Setting setting_;
  test::SessionProgram program_;
  test::SessionOutput output_;
  Wire wire_;
  test::ConnectionRig rig_;
  UniqueFd peer_;
  std::string unsent_;  // of the peer
  bool is_held_;        // the peer waits for the request before it says more
  bool is_reading_;
  bool has_read_all_ = false;
  bool is_shut_ = false;
  bool has_time_passed_ = false;
};

void SessionDrama::Step(Script& script) {
  const unsigned what = script.Next() % 16;
  switch (what) {
    case 0:
      unsent_ += script.Take(script.Next());
      return Turn(2);
    case 1:
      unsent_ += script.Take(script.Next());
      return;
    case 2: {
      const unsigned first = script.Next();
      const auto payload = script.Take(script.Next() % 126);
      unsent_ += test::Frame(first, payload, !setting_.is_client);
      return;
    }
    case 3: {
      const unsigned first = script.Next();
      unsent_ += test::Frame(first, test::Pattern(script.Next() * 200),
                             !setting_.is_client);
      return;
    }
    case 4:
      return Turn(static_cast<int>(script.Next() % 16));
    case 5:
      has_time_passed_ = true;
      return rig_.Pass(std::chrono::seconds(script.Next()));
    case 6:
      is_reading_ = !is_reading_;
      return;
    case 7:
      is_shut_ = true;
      return;
    default:
      return StepOfProgram(what, script);
  }
}

void SessionDrama::StepOfProgram(unsigned what, Script& script) {
  if (what == 8) {
    program_.action = static_cast<Action>(
        script.Next() % static_cast<unsigned>(Action::kCount));
    return;
  }
  if (what == 9) return rig_.set().Drain(std::chrono::hours(1));
  ws::Session* const session = program_.session();
  if (session == nullptr) return;
  switch (what) {
    case 10:
    case 11: {
      const unsigned flags = script.Next();
      const auto type =
          what == 10 ? ws::MessageType::kText : ws::MessageType::kBinary;
      const std::size_t size = flags < 250 ? flags * 20 : 70'000;
      return program_.Send(type, test::Pattern(size, flags), flags % 2 == 0);
    }
    case 12: {
      const std::size_t size = script.Next();
      const Status status = session->Ping(AsBytes(test::Pattern(size)));
      Require(size <= kMaxControlBytes || !status.ok());
      return;
    }
    case 13: {
      const auto code = static_cast<std::uint16_t>(script.Next() * 20);
      std::string reason;
      for (unsigned i = script.Next(); i > 0; --i) reason += "\xe2\x82\xac";
      return program_.Close(ws::CloseCode{code}, reason);
    }
    case 14:
      return script.Next() < 32 ? program_.Abort() : session->PauseReading();
    default:
      return session->ResumeReading();
  }
}

void SessionDrama::Turn(int count) {
  for (; count > 0; --count) {
    MovePeersBytes();
    rig_.Turn();
    Require(rig_.loop().pool().used_bytes() <= kMostMemoryBytes);
  }
}

void SessionDrama::MovePeersBytes() {
  if (!peer_) return;
  if (is_reading_ && !has_read_all_) {
    std::string some;
    has_read_all_ = test::ReadSome(peer_.get(), some) != test::Stream::kOpen;
    output_.Take(some);
  }
  if (is_held_ && output_.has_head()) AnswerUpgrade();
  if (is_held_) return;
  unsent_.erase(0, test::WriteSome(peer_.get(), unsent_));
  if (unsent_.empty() && is_shut_) os::ShutdownWrite(peer_.get());
}

void SessionDrama::AnswerUpgrade() {
  is_held_ = false;
  const std::string& head = output_.head();
  const std::string name = "Sec-WebSocket-Key: ";
  std::string answer =
      "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n"
      "Connection: Upgrade\r\nSec-WebSocket-Accept: " +
      test::AcceptKey(head.substr(head.find(name) + name.size(), 24)) + "\r\n";
  if (setting_.is_compressed) {
    answer +=
        "Sec-WebSocket-Extensions: permessage-deflate; "
        "server_max_window_bits=9";
    if (!setting_.keeps_context) answer += "; server_no_context_takeover";
    answer += "\r\n";
  }
  unsent_.insert(0, answer + "\r\n");
}

// Everything comes to an end: the peer reads all and goes, and time passes.
void SessionDrama::Finish() {
  program_.action = Action::kNone;
  is_reading_ = true;
  is_shut_ = true;
  for (int i = 0; i < 500 && !has_read_all_; ++i) {
    if (program_.session() != nullptr) program_.session()->ResumeReading();
    Turn(1);
  }
  peer_.Reset();
  for (int i = 0; i < 100 && rig_.set().size() != 0; ++i) {
    if (program_.session() != nullptr) program_.session()->ResumeReading();
    rig_.Pass(std::chrono::seconds(10));
  }
  Require(rig_.set().size() == 0);
  Require(wire_.end.has_value());
  Require(program_.opens() == program_.closes());
  Require(rig_.loop().pool().used_bytes() == 0);
  Require(wire_.gone == 1);
  // A client's Connect is told of a session once, and of nothing else.
  Require(!setting_.is_client || wire_.announced <= program_.opens());

  // What was accepted is not lost by a good end. A client's is also good when
  // the server has closed and then does nothing for close_timeout.
  const bool may_be_late = setting_.is_client && has_time_passed_;
  if (has_read_all_ && wire_.end->ok() && !program_.has_aborted() &&
      !may_be_late) {
    Require(output_.is_whole());
    Require(program_.messages.empty() && program_.pongs.empty());
  }
}

}  // namespace
}  // namespace eddy::internal

// A byte that chooses what there is, one that decides what the poller makes of
// it, and what happens.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data,
                                      std::size_t size) {
  eddy::SetLogger([](eddy::Level, std::string_view) {});
  eddy::internal::Script script(
      std::string_view(reinterpret_cast<const char*>(data), size));
  const eddy::internal::Setting setting(script.Next());
  eddy::internal::SessionDrama drama(setting, script.Next());
  drama.Play(script);
  return 0;
}
