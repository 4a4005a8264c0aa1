// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// LoadLoop: one thread's share of the connections, and the loop that drives it.

#include "bench/load/load_loop.h"

#include <errno.h>
#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/prctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <span>
#include <system_error>
#include <utility>

#include "bench/load/affinity.h"
#include "bench/load/connector.h"
#include "bench/load/process_cpu.h"

namespace eddy::load {
namespace {

constexpr std::size_t kReceiveBlockBytes = 256 * 1024;
static_assert(kReceiveBlockBytes <= Pattern::kMaxChunkBytes);

// A loop that has nothing to do looks this often whether the run is over.
constexpr std::chrono::milliseconds kMaxSleep(100);

// Bounds a turn when the offered rate is more than can be dealt at all.
constexpr std::size_t kMaxDealsPerTurn = 4096;

// Pings of a server that does not read the answers are not answered for ever.
constexpr std::size_t kMaxPongBytes = 16 * 1024;

constexpr std::string_view kTooMuch = "more bytes came back than were sent";
constexpr std::string_view kOthers = "other bytes came back than were sent";

std::size_t ShareOf(std::size_t total, std::size_t num_shares,
                    std::size_t index) {
  return total / num_shares + (index < total % num_shares ? 1 : 0);
}

std::size_t SharesBefore(std::size_t total, std::size_t num_shares,
                         std::size_t index) {
  return total / num_shares * index + std::min(index, total % num_shares);
}

}  // namespace

LoadLoop::LoadLoop(const Options& options, const Pattern& pattern,
                   const FramePattern* frames, Window& window,
                   std::size_t index)
    : options_(options),
      pattern_(pattern),
      frame_pattern_(frames),
      window_(window),
      index_(index),
      num_connections_(
          ShareOf(options.num_connections, options.num_threads, index)),
      first_connection_(
          SharesBefore(options.num_connections, options.num_threads, index)),
      block_(kReceiveBlockBytes),
      stamps_(num_connections_ * options.depth),
      frames_(frames != nullptr ? num_connections_ : 0) {
  if (!options.is_closed_loop()) dealt_.reserve(kMaxDealsPerTurn);
}

void LoadLoop::Run() {
  if (!options_.cpus.empty()) {
    const int cpu = options_.cpus[index_ % options_.cpus.size()];
    if (!PinThisThread({&cpu, 1})) window_.Fail(fmt::format("no CPU {}", cpu));
  }
  // By default a timed sleep lasts up to 50 us too long, too much for a
  // schedule.
  prctl(PR_SET_TIMERSLACK, 1UL, 0UL, 0UL, 0UL);
  if (Connect() && window_.AwaitConnected()) Drive();
  window_.Finish();
}

bool LoadLoop::Connect() {
  Connector connector(options_, window_, first_connection_, num_connections_);
  auto sockets = connector.ConnectAll();
  if (!sockets) return false;
  connections_.reserve(num_connections_);
  for (std::size_t i = 0; i < num_connections_; ++i) {
    if (!epoll_.Add((*sockets)[i].fd(), EPOLLIN, i)) {
      window_.Fail("epoll: " + std::system_category().message(errno));
      return false;
    }
    connections_.emplace_back(
        std::move((*sockets)[i]),
        std::span(stamps_).subspan(i * options_.depth, options_.depth),
        Pattern::StartOf(first_connection_ + i));
  }
  num_open_ = num_connections_;
  return true;
}

void LoadLoop::Drive() {
  BeginTraffic();
  while (!is_done_ && num_open_ > 0 && !window_.is_over()) Turn();
  if (is_measuring_) StopMeasuring();
  for (const LoadConnection& connection : connections_) {
    if (connection.is_open() && connection.is_silent()) ++tally_.num_silent;
  }
  if (schedule_) {
    const std::uint64_t num_due =
        std::max(next_due_, schedule_->CountDueBy(last_turn_));
    tally_.num_overdue = num_due - num_started_;
  }
}

void LoadLoop::BeginTraffic() {
  now_ = last_turn_ = last_progress_ = Clock::now();
  if (options_.rate) {
    schedule_.emplace(now_, *options_.rate,
                      Schedule::Share{.loop = index_,
                                      .num_loops = options_.num_threads,
                                      .num_connections = num_connections_});
    return;
  }
  for (std::size_t i = 0; i < num_connections_; ++i) {
    const Time stamp = Clock::now();
    while (connections_[i].has_room()) Start(connections_[i], stamp);
    Flush(i);
  }
}

void LoadLoop::Turn() {
  const auto events = epoll_.Wait(TimeToSleep());
  now_ = Clock::now();
  if (!is_measuring_ && now_ >= window_.start()) StartMeasuring();
  is_done_ = now_ >= window_.end();
  if (is_done_) return;
  num_replies_in_turn_ = 0;
  for (const epoll_event& event : events) {
    HandleEvent(event.data.u64, event.events);
  }
  if (schedule_) DealDue();
  if (is_measuring_) window_.CountReplies(num_replies_in_turn_);
  CheckSilence();
}

std::chrono::nanoseconds LoadLoop::TimeToSleep() const {
  const Time bound = is_measuring_ ? window_.end() : window_.start();
  std::chrono::nanoseconds sleep = kMaxSleep;
  sleep = std::min(sleep, bound - now_);
  // A schedule is kept to the microsecond, for which now_ is too old.
  if (schedule_) {
    sleep = std::min(sleep, schedule_->TimeOf(next_due_) - Clock::now());
  }
  return sleep;
}

// Ends a run in which the server holds every message and answers none.
void LoadLoop::CheckSilence() {
  if (num_replies_in_turn_ > 0 || num_in_flight_ == 0) {
    last_progress_ = now_;
  } else if (now_ - last_progress_ > options_.timeout) {
    window_.Fail(fmt::format("no reply came for {}",
                             std::chrono::duration<double>(options_.timeout)));
  }
}

void LoadLoop::HandleEvent(std::size_t index, std::uint32_t events) {
  constexpr std::uint32_t kRoom = EPOLLOUT;
  const LoadConnection& connection = connections_[index];
  if ((events & ~kRoom) != 0 && !Receive(index)) return;
  if ((events & kRoom) != 0 || !connection.awaits_room()) Flush(index);
}

// Returns: false when the connection was lost.
bool LoadLoop::Receive(std::size_t index) {
  LoadConnection& connection = connections_[index];
  const ssize_t result = recv(connection.fd(), block_.data(), block_.size(), 0);
  if (result < 0) {
    if (errno == EAGAIN || errno == EINTR) return true;
    LoseByErrno(index);
    return false;
  }
  if (result == 0) {
    Lose(index, tally_.num_closed, "closed by the server");
    return false;
  }
  const auto bytes = std::span(block_).first(static_cast<std::size_t>(result));
  if (!(frames_.empty() ? TakeBytes(index, bytes) : TakeFrames(index, bytes))) {
    return false;
  }
  if (schedule_) StartDue(index);
  return true;
}

// Returns: false when the connection was lost.
bool LoadLoop::TakeBytes(std::size_t index, std::span<const std::byte> bytes) {
  LoadConnection& connection = connections_[index];
  const std::size_t message_bytes = options_.message_bytes;
  if (!connection.Expects(bytes, message_bytes)) {
    Lose(index, tally_.num_corrupt, kTooMuch);
    return false;
  }
  if (options_.verify && !connection.Matches(bytes, pattern_)) {
    Lose(index, tally_.num_corrupt, kOthers);
    return false;
  }
  connection.Take(bytes, message_bytes, [this, &connection](Time stamp) {
    TakeReply(connection, stamp);
  });
  return true;
}

// Returns: false when the connection was lost.
bool LoadLoop::TakeFrames(std::size_t index, std::span<const std::byte> bytes) {
  LoadConnection& connection = connections_[index];
  auto& [reader, pongs] = frames_[index];
  for (;;) {
    const FrameReader::Event event = reader.Next(bytes);
    switch (event.kind) {
      case FrameReader::Kind::kNothing:
        return true;
      case FrameReader::Kind::kPayload:
        if (!TakePayload(index, event.payload)) return false;
        break;
      case FrameReader::Kind::kEnd: {
        const auto stamp = connection.EndReply(options_.message_bytes);
        if (!stamp) {
          Lose(index, tally_.num_corrupt, "a message came back too short");
          return false;
        }
        TakeReply(connection, *stamp);
        break;
      }
      case FrameReader::Kind::kPing:
        if (pongs.size() < kMaxPongBytes) {
          pongs += frame_pattern_->Pong(event.payload);
        }
        break;
      case FrameReader::Kind::kClose:
        Lose(index, tally_.num_closed, DescribeClose(event.payload));
        return false;
      case FrameReader::Kind::kBroken:
        Lose(index, tally_.num_corrupt, event.fault);
        return false;
    }
  }
}

// Returns: false when the connection was lost.
bool LoadLoop::TakePayload(std::size_t index,
                           std::span<const std::byte> payload) {
  LoadConnection& connection = connections_[index];
  if (!connection.Expects(payload, options_.message_bytes, *frame_pattern_)) {
    Lose(index, tally_.num_corrupt, kTooMuch);
    return false;
  }
  if (options_.verify && !connection.Matches(payload, pattern_)) {
    Lose(index, tally_.num_corrupt, kOthers);
    return false;
  }
  connection.TakePart(payload);
  return true;
}

void LoadLoop::TakeReply(LoadConnection& connection, Time stamp) {
  ++num_replies_in_turn_;
  --num_in_flight_;
  if (is_measuring_) tally_.latency.Record(now_ - stamp);
  if (!schedule_) Start(connection, now_);
}

void LoadLoop::Start(LoadConnection& connection, Time stamp) {
  connection.Start(stamp, frame_pattern_ != nullptr
                              ? frame_pattern_->frame_bytes()
                              : options_.message_bytes);
  ++num_started_;
  ++num_in_flight_;
}

// Deals out what has become due, all of it before anything is sent, so that
// messages of one connection leave together.
void LoadLoop::DealDue() {
  dealt_.clear();
  while (dealt_.size() < kMaxDealsPerTurn &&
         schedule_->TimeOf(next_due_) <= now_) {
    dealt_.push_back(schedule_->ConnectionOf(next_due_++));
  }
  for (const std::size_t index : dealt_) StartDue(index);
  for (const std::size_t index : dealt_) {
    const LoadConnection& connection = connections_[index];
    const bool is_sendable = connection.is_open() && !connection.awaits_room();
    if (is_sendable && connection.has_unsent()) Flush(index);
  }
  last_turn_ = now_;
}

// Starts what was dealt to one connection, as far as the depth allows; the rest
// waits for replies, and late as it is, its latency counts from when it was
// due.
void LoadLoop::StartDue(std::size_t index) {
  LoadConnection& connection = connections_[index];
  if (!connection.is_open()) return;
  while (connection.has_room()) {
    const std::uint64_t next =
        schedule_->IndexOf(index, connection.num_started());
    if (next >= next_due_) return;
    Start(connection, schedule_->TimeOf(next));
  }
}

void LoadLoop::Flush(std::size_t index) {
  LoadConnection& connection = connections_[index];
  const auto result =
      frames_.empty() ? connection.Flush(pattern_)
                      : connection.Flush(*frame_pattern_, frames_[index].pongs);
  if (result == LoadConnection::FlushResult::kFailed) {
    return LoseByErrno(index);
  }
  const bool is_blocked = result == LoadConnection::FlushResult::kBlocked;
  if (is_blocked == connection.awaits_room()) return;
  connection.set_awaits_room(is_blocked);
  const std::uint32_t events = is_blocked ? EPOLLIN | EPOLLOUT : EPOLLIN;
  if (!epoll_.Modify(connection.fd(), events, index)) LoseByErrno(index);
}

void LoadLoop::LoseByErrno(std::size_t index) {
  const int error = errno;
  const bool is_reset = error == ECONNRESET || error == EPIPE;
  Lose(index, is_reset ? tally_.num_reset : tally_.num_failed,
       std::system_category().message(error));
}

void LoadLoop::Lose(std::size_t index, std::uint64_t& counter,
                    std::string_view how) {
  ++counter;
  if (tally_.first_loss.empty()) {
    tally_.first_loss =
        fmt::format("connection {}: {}", first_connection_ + index, how);
  }
  num_in_flight_ -= connections_[index].in_flight();
  connections_[index].Close();
  --num_open_;
}

void LoadLoop::StartMeasuring() {
  is_measuring_ = true;
  window_.Enter(now_);
  cpu_at_start_ = ThreadCpu();
}

void LoadLoop::StopMeasuring() {
  tally_.client_cpu = ThreadCpu() - cpu_at_start_;
  window_.Leave(now_);
}

}  // namespace eddy::load
