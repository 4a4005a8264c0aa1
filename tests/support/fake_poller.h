// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FakePoller: a Poller that makes the most of what the contract allows.

#ifndef EDDY_SUPPORT_FAKE_POLLER_H_
#define EDDY_SUPPORT_FAKE_POLLER_H_

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <span>
#include <vector>

#include "poll/poller.h"

namespace eddy::test {

// FakePoller: works like a backend of completions, on top of poll(2), as badly
// as it may.
//
// Sends are taken by Flush and made turns later, in part or in full, out of the
// memory that output() had at first; a transport that is closed may still send.
// What was received is handed over late and in pieces, each in memory of its
// own that goes when OnBytes returns, and perhaps after SetReceiving(false).
// TrySend may take nothing. What is ready may be told in a later turn, in any
// order. All of that depends on the seed alone.
//
// Thread: as Poller.
class FakePoller final : public internal::Poller {
 public:
  struct Options {
    std::uint32_t seed = 1;
    // How many turns longer than it must something may take.
    int max_delay_turns = 3;
    // The most that one OnBytes brings, and that one send moves.
    std::size_t max_received_bytes = std::size_t{64} << 10;
    std::size_t max_sent_bytes = kTurnBudgetBytes;
  };

  FakePoller(Options options, std::shared_ptr<const os::WakeFd> wake_fd);
  ~FakePoller() override;

  // kAuto: there is no name for what is not meant to be used.
  Backend backend() const noexcept override { return Backend::kAuto; }

  Status Add(int fd, Interest interest, internal::ReadySink& sink) override;
  Status Modify(int fd, Interest interest) override;
  void Remove(int fd) override;
  Status Listen(int fd, internal::ListenSink& sink) override;
  Status Connect(int fd, const Address& address,
                 internal::ConnectSink& sink) override;
  Status OpenTransport(internal::Transport& transport) override;
  void SetReceiving(internal::Transport& transport, bool on) override;
  std::size_t TrySend(internal::Transport& transport,
                      std::span<const std::byte> first,
                      std::span<const std::byte> second) override;
  void Flush(internal::Transport& transport) override;
  void CloseTransport(internal::Transport& transport) override;
  void Submit(internal::Operation& operation) override;
  void Cancel(internal::Operation& operation) override;
  Status Wait(std::chrono::nanoseconds timeout) override;
  void Wake() override;

 private:
  // What stands behind a descriptor, one class for each group of verbs.
  class Entry;
  class Readiness;
  class Listener;
  class Connector;
  class Stream;
  class Requests;

  struct Completion {
    internal::Operation* operation;
    Status status;
    int turns;
  };

  template <typename T>
  T* Find(int fd) const;
  // kInvalidArgument if the descriptor is in use, EBADF if it is none.
  Status Insert(std::shared_ptr<Entry> entry);
  void Erase(int fd);
  void Complete(internal::Operation& operation, Status status);
  void DeliverCompletions();
  void DeliverClosed();

  bool Chance(double probability);
  // From 0 to `limit`, both included.
  std::size_t UpTo(std::size_t limit);
  int Delay();

  const Options options_;
  std::mt19937 random_;
  std::shared_ptr<const os::WakeFd> wake_fd_;
  std::map<int, std::shared_ptr<Entry>> entries_;
  std::vector<std::shared_ptr<Stream>> closing_;
  std::vector<Completion> completions_;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_FAKE_POLLER_H_
