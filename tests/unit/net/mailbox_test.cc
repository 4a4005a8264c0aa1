// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// MailboxTest: slots, generations, and bytes on their way.

#include "net/mailbox.h"

#include <gtest/gtest.h>

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <thread>
#include <unordered_set>
#include <utility>
#include <vector>

#include "loop/task_queue.h"
#include "net/stream_connection.h"
#include "os/wake_fd.h"

namespace eddy {
namespace {

using internal::Mailbox;
using internal::StreamConnection;
using internal::TaskQueue;

constexpr std::size_t kLimit = 1000;

class MailboxTest : public ::testing::Test {
 protected:
  // A connection that nothing is ever asked of: the mailbox hands it on.
  StreamConnection& Connection() {
    struct alignas(StreamConnection) Place {};
    static std::deque<Place> places;
    return *reinterpret_cast<StreamConnection*>(&places.emplace_back());
  }
  // As a loop does at its end: tasks and mailbox would keep each other alive.
  void TearDown() override { DropTasks(); }

  std::size_t DropTasks() {
    std::vector<TaskQueue::Task> batch;
    queue_->Take(batch);
    return batch.size();
  }
  void RunTasks() {
    std::vector<TaskQueue::Task> batch;
    queue_->Take(batch);
    for (auto& task : batch) task();
  }
  // Whom a delivery to `handle` reaches.
  StreamConnection* Reach(const ConnectionHandle& handle) {
    StreamConnection* reached = nullptr;
    EXPECT_TRUE(mailbox_
                    ->Deliver(handle,
                              [&](StreamConnection* connection) {
                                reached = connection;
                              })
                    .ok());
    RunTasks();
    return reached;
  }
  void Free(const ConnectionHandle& handle) {
    mailbox_->Close(handle);
    mailbox_->Release(handle);
  }

  std::shared_ptr<TaskQueue> queue_ = std::make_shared<TaskQueue>(
      std::make_shared<const os::WakeFd>(*os::WakeFd::Create()));
  std::shared_ptr<Mailbox> mailbox_ = std::make_shared<Mailbox>(queue_, kLimit);
};

TEST_F(MailboxTest, DeliversToTheConnectionThatAHandleNames) {
  std::vector<std::pair<ConnectionHandle, StreamConnection*>> all;
  for (int i = 0; i < 1000; ++i) {  // several chunks
    StreamConnection& connection = Connection();
    all.emplace_back(mailbox_->Open(connection), &connection);
  }
  std::unordered_set<ConnectionHandle> handles;
  for (const auto& [handle, connection] : all) {
    EXPECT_TRUE(mailbox_->is_open(handle));
    EXPECT_EQ(Reach(handle), connection);
    handles.insert(handle);
  }
  EXPECT_EQ(handles.size(), all.size());
}

TEST_F(MailboxTest, AClosedHandleIsRefused) {
  const auto handle = mailbox_->Open(Connection());
  mailbox_->Close(handle);
  EXPECT_FALSE(mailbox_->is_open(handle));
  EXPECT_EQ(mailbox_->Deliver(handle, nullptr).code(), Error::kClosed);
  EXPECT_EQ(mailbox_->Reserve(handle, 1).code(), Error::kClosed);
}

TEST_F(MailboxTest, WhatIsOnItsWayWhenTheConnectionClosesReachesNobody) {
  const auto handle = mailbox_->Open(Connection());
  int deliveries = 0;
  EXPECT_TRUE(mailbox_
                  ->Deliver(handle,
                            [&](StreamConnection* connection) {
                              ++deliveries;
                              EXPECT_EQ(connection, nullptr);
                            })
                  .ok());
  Free(handle);
  mailbox_->Open(Connection());
  RunTasks();
  EXPECT_EQ(deliveries, 1);
}

TEST_F(MailboxTest, AHandleNeverNamesTheNextConnectionInItsSlot) {
  std::vector<ConnectionHandle> old;
  for (int i = 0; i < 100; ++i) {
    old.push_back(mailbox_->Open(Connection()));
    Free(old.back());
  }
  const auto present = mailbox_->Open(Connection());
  for (const auto& handle : old) {
    EXPECT_EQ(Mailbox::SlotOf(handle), Mailbox::SlotOf(present));
    EXPECT_FALSE(mailbox_->is_open(handle));
    EXPECT_FALSE(handle == present);
  }
  EXPECT_TRUE(mailbox_->is_open(present));
}

TEST_F(MailboxTest, ASlotIsNotUsedAgainBeforeItIsReleased) {
  const auto first = mailbox_->Open(Connection());
  mailbox_->Close(first);
  const auto second = mailbox_->Open(Connection());
  EXPECT_NE(Mailbox::SlotOf(first), Mailbox::SlotOf(second));
}

TEST_F(MailboxTest, AClosedLoopRefuses) {
  const auto handle = mailbox_->Open(Connection());
  queue_->Close();
  EXPECT_EQ(mailbox_->Deliver(handle, nullptr).code(), Error::kClosed);
}

TEST_F(MailboxTest, BytesOnTheirWayAreLimited) {
  const auto handle = mailbox_->Open(Connection());
  EXPECT_TRUE(mailbox_->Reserve(handle, kLimit - 1).ok());
  EXPECT_TRUE(mailbox_->Reserve(handle, 1).ok());
  mailbox_->Unreserve(handle, 1);
  EXPECT_TRUE(mailbox_->Reserve(handle, 1).ok());
  EXPECT_EQ(mailbox_->Reserve(handle, 1).code(), Error::kOutputLimit);
}

TEST_F(MailboxTest, UnsentOutputCountsAgainstTheLimit) {
  const auto handle = mailbox_->Open(Connection());
  mailbox_->PublishOutput(handle, kLimit - 10);
  EXPECT_TRUE(mailbox_->Reserve(handle, 10).ok());
  mailbox_->PublishOutput(handle, 0);
  EXPECT_TRUE(mailbox_->Reserve(handle, kLimit - 20).ok());
  mailbox_->PublishOutput(handle, 10);
  EXPECT_EQ(mailbox_->Reserve(handle, 1).code(), Error::kOutputLimit);
}

TEST_F(MailboxTest, OnceBytesWereRefusedTheConnectionIsClosedOnceAndForAll) {
  const auto handle = mailbox_->Open(Connection());
  EXPECT_TRUE(mailbox_->Reserve(handle, kLimit).ok());
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(mailbox_->Reserve(handle, 1).code(), Error::kOutputLimit);
  }
  mailbox_->Unreserve(handle, kLimit);
  EXPECT_EQ(mailbox_->Reserve(handle, 1).code(), Error::kOutputLimit);
  EXPECT_EQ(DropTasks(), 1U);
  // The next connection in the slot starts anew.
  Free(handle);
  EXPECT_TRUE(mailbox_->Reserve(mailbox_->Open(Connection()), kLimit).ok());
}

TEST_F(MailboxTest, ASizeThatNoLimitAllowsIsRefused) {
  const auto handle = mailbox_->Open(Connection());
  EXPECT_EQ(mailbox_->Reserve(handle, SIZE_MAX).code(), Error::kOutputLimit);
}

TEST_F(MailboxTest, WithTheLargestLimitSizesAreCountedToo) {
  mailbox_ = std::make_shared<Mailbox>(queue_, SIZE_MAX);
  const auto handle = mailbox_->Open(Connection());
  EXPECT_TRUE(mailbox_->Reserve(handle, std::size_t{1} << 40).ok());
  EXPECT_EQ(mailbox_->Reserve(handle, SIZE_MAX).code(), Error::kOutputLimit);
}

TEST_F(MailboxTest, BytesForAConnectionThatIsGoneDoNotCountAgainstTheNext) {
  const auto first = mailbox_->Open(Connection());
  EXPECT_TRUE(mailbox_->Reserve(first, kLimit).ok());
  mailbox_->PublishOutput(first, kLimit);
  Free(first);
  const auto second = mailbox_->Open(Connection());
  EXPECT_TRUE(mailbox_->Reserve(second, kLimit).ok());
  mailbox_->Unreserve(first, kLimit);  // comes late
  EXPECT_EQ(mailbox_->Reserve(second, 1).code(), Error::kOutputLimit);
}

TEST_F(MailboxTest, ThreadsMayAskWhileSlotsComeAndGo) {
  std::atomic<bool> is_over = false;
  const auto first = mailbox_->Open(Connection());
  std::vector<std::thread> threads;
  for (int t = 0; t < 2; ++t) {
    threads.emplace_back([&, handle = first] {
      while (!is_over) {
        if (mailbox_->Reserve(handle, 10).ok()) {
          mailbox_->Unreserve(handle, 10);
        }
        static_cast<void>(mailbox_->is_open(handle));
      }
    });
  }
  std::vector<ConnectionHandle> handles;
  for (int i = 0; i < 2000; ++i) {
    handles.push_back(mailbox_->Open(Connection()));
  }
  for (const auto& handle : handles) Free(handle);
  Free(first);
  is_over = true;
  for (auto& thread : threads) thread.join();
  const auto next = mailbox_->Open(Connection());
  EXPECT_TRUE(mailbox_->Reserve(next, kLimit).ok());
}

}  // namespace
}  // namespace eddy
