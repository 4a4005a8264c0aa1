// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Fake entry: what the fake poller keeps for a descriptor in use.

#ifndef EDDY_SUPPORT_FAKE_ENTRY_H_
#define EDDY_SUPPORT_FAKE_ENTRY_H_

#include <poll.h>

#include "support/fake_poller.h"

namespace eddy::test {

// What poll(2) finds whether asked or not.
constexpr short kFailed = POLLERR | POLLHUP | POLLNVAL;

// Entry: one descriptor in use.
class FakePoller::Entry {
 public:
  Entry(FakePoller& poller, int fd) : poller_(poller), fd_(fd) {}
  Entry(const Entry&) = delete;
  Entry& operator=(const Entry&) = delete;
  virtual ~Entry() = default;

  int fd() const { return fd_; }
  // Forgotten by the poller; it must make no more up-calls.
  bool is_gone() const { return is_gone_; }
  virtual void Leave() { is_gone_ = true; }

  // What poll(2) is to look for; with none of it the entry is left out.
  virtual short Events() const = 0;
  // Whether there is something to do whatever poll(2) finds.
  virtual bool IsDue() const { return false; }
  // Does it. `found` is what poll(2) found.
  virtual void Turn(short found) = 0;

 protected:
  FakePoller& poller_;

 private:
  const int fd_;
  bool is_gone_ = false;
};

}  // namespace eddy::test

#endif  // EDDY_SUPPORT_FAKE_ENTRY_H_
