// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// FakePoller: a Poller that makes the most of what the contract allows.

#include "support/fake_poller.h"

#include <fcntl.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <optional>
#include <utility>

#include "base/check.h"
#include "os/socket.h"
#include "os/syscalls.h"
#include "support/fake_entry.h"
#include "support/fake_stream.h"

namespace eddy::test {
namespace {

using internal::ConnectSink;
using internal::ListenSink;
using internal::Operation;
using internal::ReadySink;
using internal::Transport;

constexpr std::size_t kMaxAcceptsPerTurn = 8;

Status ToStatus(int error) {
  return error == 0 ? Status() : Status::FromErrno(error);
}

}  // namespace

// Readiness: of any descriptor.
class FakePoller::Readiness final : public Entry {
 public:
  Readiness(FakePoller& poller, int fd, Interest interest, ReadySink& sink)
      : Entry(poller, fd), interest_(interest), sink_(sink) {}

  void set_interest(Interest interest) { interest_ = interest; }

  short Events() const override {
    const int events = (Has(interest_, Interest::kRead) ? POLLIN : 0) |
                       (Has(interest_, Interest::kWrite) ? POLLOUT : 0);
    return static_cast<short>(events);
  }

  void Turn(short found) override {
    Interest ready = Interest::kNone;
    if ((found & (POLLIN | kFailed)) != 0) ready = ready | Interest::kRead;
    if ((found & (POLLOUT | kFailed)) != 0) ready = ready | Interest::kWrite;
    ready = ready & interest_;
    if (ready != Interest::kNone) sink_.OnReady(ready);
  }

 private:
  Interest interest_;
  ReadySink& sink_;
};

// Listener: accepts a few at a time.
class FakePoller::Listener final : public Entry {
 public:
  Listener(FakePoller& poller, int fd, ListenSink& sink)
      : Entry(poller, fd), sink_(sink) {}

  short Events() const override { return POLLIN; }

  void Turn(short) override {
    std::size_t count = 1 + poller_.UpTo(kMaxAcceptsPerTurn - 1);
    for (; count > 0 && !is_gone(); --count) {
      const os::Accepted accepted = os::AcceptFrom(fd());
      if (os::WouldBlock(accepted.fd)) return;
      if (accepted.fd == -ECONNABORTED) continue;
      if (accepted.fd < 0) return sink_.OnAcceptError(-accepted.fd);
      const bool knows_peer = poller_.Chance(0.5);
      sink_.OnAccept(UniqueFd(accepted.fd),
                     knows_peer ? accepted.peer.ToAddress() : Address());
    }
  }

 private:
  ListenSink& sink_;
};

// Connector: tells the outcome turns later.
class FakePoller::Connector final : public Entry {
 public:
  Connector(FakePoller& poller, int fd, ConnectSink& sink)
      : Entry(poller, fd), sink_(sink), turns_(poller.Delay()) {}

  // The outcome is known already.
  void Finish(int error) { error_ = error; }

  short Events() const override { return error_ ? short{0} : short{POLLOUT}; }
  bool IsDue() const override { return error_.has_value(); }

  void Turn(short) override {
    if (!error_) error_ = os::TakeError(fd());
    if (turns_-- > 0) return;
    poller_.Erase(fd());
    sink_.OnConnect(ToStatus(*error_));
  }

 private:
  ConnectSink& sink_;
  int turns_;
  std::optional<int> error_;
};

// Requests: reads and writes that are made turns later.
class FakePoller::Requests final : public Entry {
 public:
  using Entry::Entry;

  void Submit(Operation& operation) {
    Operation*& mine = operation.is_read() ? read_ : write_;
    EDDY_CHECK(mine == nullptr, "one read and one write at a time");
    mine = &operation;
    is_fresh_ = true;
  }

  void Cancel(Operation& operation) {
    for (Operation** mine : {&read_, &write_}) {
      if (*mine != &operation) continue;
      // What was there is enough, and it may just have been completed.
      if (is_fresh_ || poller_.Chance(0.5)) Advance(*mine);
      if (*mine == nullptr) return;
      *mine = nullptr;
      return poller_.Complete(operation, Error::kCancelled);
    }
  }

  void Leave() override {
    Entry::Leave();
    EDDY_CHECK(read_ == nullptr && write_ == nullptr, "a request is under way");
  }

  short Events() const override {
    const int events =
        (read_ != nullptr ? POLLIN : 0) | (write_ != nullptr ? POLLOUT : 0);
    return static_cast<short>(events);
  }

  // What can't be read or written at all is never ready.
  bool IsDue() const override { return is_fresh_; }

  void Turn(short found) override {
    const bool is_fresh = std::exchange(is_fresh_, false);
    if (is_fresh || (found & (POLLIN | kFailed)) != 0) Advance(read_);
    if (is_fresh || (found & (POLLOUT | kFailed)) != 0) Advance(write_);
  }

 private:
  void Advance(Operation*& mine) {
    if (mine == nullptr) return;
    Operation& operation = *mine;
    const bool is_offered = operation.data == nullptr;
    std::span<std::byte> rest(operation.data + operation.transferred,
                              operation.size - operation.transferred);
    if (is_offered) rest = operation.Offer();
    if (rest.empty()) {
      mine = nullptr;
      return poller_.Complete(operation, ToStatus(ENOBUFS));
    }
    rest = rest.first(1 + poller_.UpTo(rest.size() - 1));
    const ssize_t result =
        operation.is_read() ? os::Recv(fd(), rest) : os::Send(fd(), rest);
    if (os::WouldBlock(result)) return;
    if (is_offered && result > 0) {
      operation.Keep(static_cast<std::size_t>(result));
    }
    operation.transferred +=
        static_cast<std::size_t>(std::max(result, ssize_t{0}));
    if (result > 0 && operation.kind != Operation::Kind::kRead &&
        operation.transferred < operation.size) {
      return;
    }
    mine = nullptr;
    poller_.Complete(operation,
                     ToStatus(result < 0 ? static_cast<int>(-result) : 0));
  }

  Operation* read_ = nullptr;
  Operation* write_ = nullptr;
  bool is_fresh_ = false;
};

FakePoller::FakePoller(Options options,
                       std::shared_ptr<const os::WakeFd> wake_fd)
    : options_(options), random_(options.seed), wake_fd_(std::move(wake_fd)) {}

FakePoller::~FakePoller() {
  EDDY_CHECK(closing_.empty() && completions_.empty(),
             "the poller must be driven until it has told everything");
}

bool FakePoller::Chance(double probability) {
  return std::uniform_real_distribution<>()(random_) < probability;
}

std::size_t FakePoller::UpTo(std::size_t limit) {
  // Small numbers and the limit itself are what matters most.
  if (Chance(0.3)) return limit;
  if (Chance(0.3)) limit = std::min<std::size_t>(limit, 16);
  return std::uniform_int_distribution<std::size_t>(0, limit)(random_);
}

int FakePoller::Delay() {
  return static_cast<int>(
      UpTo(static_cast<std::size_t>(options_.max_delay_turns)));
}

template <typename T>
T* FakePoller::Find(int fd) const {
  const auto found = entries_.find(fd);
  if (found == entries_.end()) return nullptr;
  return dynamic_cast<T*>(found->second.get());
}

Status FakePoller::Insert(std::shared_ptr<Entry> entry) {
  const int fd = entry->fd();
  if (::fcntl(fd, F_GETFD) < 0) return Status::FromErrno(EBADF);
  if (entries_.try_emplace(fd, std::move(entry)).second) return {};
  return Status(Error::kInvalidArgument, "the descriptor is in use already");
}

void FakePoller::Erase(int fd) {
  const auto found = entries_.find(fd);
  if (found == entries_.end()) return;
  const std::shared_ptr<Entry> entry = std::move(found->second);
  entries_.erase(found);
  entry->Leave();
}

Status FakePoller::Add(int fd, Interest interest, ReadySink& sink) {
  if (interest != Interest::kNone && os::IsFile(fd)) {
    return Status::FromErrno(EPERM);
  }
  return Insert(std::make_shared<Readiness>(*this, fd, interest, sink));
}

Status FakePoller::Modify(int fd, Interest interest) {
  if (interest != Interest::kNone && os::IsFile(fd)) {
    return Status::FromErrno(EPERM);
  }
  Find<Readiness>(fd)->set_interest(interest);
  return {};
}

void FakePoller::Remove(int fd) {
  EDDY_CHECK(Find<Stream>(fd) == nullptr, "use CloseTransport");
  Erase(fd);
}

Status FakePoller::Listen(int fd, ListenSink& sink) {
  return Insert(std::make_shared<Listener>(*this, fd, sink));
}

Status FakePoller::Connect(int fd, const Address& address, ConnectSink& sink) {
  auto connector = std::make_shared<Connector>(*this, fd, sink);
  if (Status status = Insert(connector); !status.ok()) return status;
  const os::SocketAddress name(address);
  const int error = -os::Connect(fd, name.get(), name.size);
  if (error == EINPROGRESS || error == EINTR) return {};
  connector->Finish(error);
  if (error == 0 || Chance(0.5)) return {};
  Erase(fd);
  return Status::FromErrno(error);
}

Status FakePoller::OpenTransport(Transport& transport) {
  return Insert(std::make_shared<Stream>(*this, transport));
}

void FakePoller::SetReceiving(Transport& transport, bool on) {
  if (transport.notes.is_closing) return;
  Find<Stream>(transport.fd())->SetReceiving(on);
}

std::size_t FakePoller::TrySend(Transport& transport,
                                std::span<const std::byte> first,
                                std::span<const std::byte> second) {
  if (transport.notes.is_closing) return 0;
  return Find<Stream>(transport.fd())->TrySend(first, second);
}

void FakePoller::Flush(Transport& transport) {
  if (transport.notes.is_closing) return;
  Find<Stream>(transport.fd())->Flush();
}

void FakePoller::CloseTransport(Transport& transport) {
  if (transport.notes.is_closing) return;
  const auto found = entries_.find(transport.fd());
  auto stream = std::static_pointer_cast<Stream>(found->second);
  entries_.erase(found);
  stream->Close();
  closing_.push_back(std::move(stream));
}

void FakePoller::Submit(Operation& operation) {
  operation.transferred = 0;
  const int fd = operation.fd;
  if (Find<Requests>(fd) == nullptr) {
    Status status = Insert(std::make_shared<Requests>(*this, fd));
    if (!status.ok()) return Complete(operation, std::move(status));
  }
  Find<Requests>(fd)->Submit(operation);
}

void FakePoller::Cancel(Operation& operation) {
  if (auto* requests = Find<Requests>(operation.fd))
    requests->Cancel(operation);
}

void FakePoller::Complete(Operation& operation, Status status) {
  completions_.push_back({&operation, std::move(status), Delay()});
}

void FakePoller::DeliverCompletions() {
  std::vector<Completion> present = std::exchange(completions_, {});
  std::shuffle(present.begin(), present.end(), random_);
  for (Completion& completion : present) {
    if (completion.turns-- > 0) {
      completions_.push_back(std::move(completion));
    } else {
      ++event_count_;
      completion.operation->OnComplete(completion.status);
    }
  }
}

void FakePoller::DeliverClosed() {
  for (auto& stream : std::exchange(closing_, {})) {
    ++event_count_;
    if (!stream->FinishClosing()) closing_.push_back(std::move(stream));
  }
}

Status FakePoller::Wait(std::chrono::nanoseconds timeout) {
  bool is_due = !closing_.empty() || !completions_.empty();
  std::vector<pollfd> fds = {{wake_fd_->fd(), POLLIN, 0}};
  std::vector<std::pair<std::shared_ptr<Entry>, std::size_t>> turns;
  for (const auto& [fd, entry] : entries_) {
    is_due = is_due || entry->IsDue();
    if (entry->Events() == 0 && !entry->IsDue()) continue;
    turns.emplace_back(entry, fds.size());
    fds.push_back({entry->Events() == 0 ? -1 : fd, entry->Events(), 0});
  }
  int limit = -1;
  if (is_due) timeout = timeout.zero();
  if (timeout != kForever) {
    limit = static_cast<int>(std::min<std::int64_t>(
        std::chrono::ceil<std::chrono::milliseconds>(timeout).count(),
        std::numeric_limits<int>::max()));
  }
  ::poll(fds.data(), fds.size(), std::max(limit, -1));
  if (fds.front().revents != 0) wake_fd_->Drain();
  std::shuffle(turns.begin(), turns.end(), random_);
  for (const auto& [entry, index] : turns) {
    const short found = fds[index].revents;
    if (entry->is_gone() || (found == 0 && !entry->IsDue())) continue;
    if (Chance(0.25)) continue;  // it stays ready
    ++event_count_;
    entry->Turn(found);
  }
  DeliverCompletions();
  DeliverClosed();
  return {};
}

void FakePoller::Wake() { wake_fd_->Wake(); }

}  // namespace eddy::test
