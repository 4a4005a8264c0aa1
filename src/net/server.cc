// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Server: the public face of ServerCore.

#include "eddy/server.h"

#include <memory>
#include <utility>

#include "base/check.h"
#include "eddy/connection.h"
#include "net/server_core.h"

namespace eddy {

using internal::ServerCore;

Server::Server(Handler& handler, ServerOptions options)
    : core_(std::make_unique<ServerCore>(&handler, HandlerFactory(),
                                         std::move(options))) {}

Server::Server(HandlerFactory factory, ServerOptions options)
    : core_(std::make_unique<ServerCore>(nullptr, std::move(factory),
                                         std::move(options))) {}

Server::Server(Handler& handler, ServerOptions options, Status flaw)
    : core_(std::make_unique<ServerCore>(
          &handler, HandlerFactory(), std::move(options), std::move(flaw))) {}

Server::~Server() = default;

Status Server::Start() { return core_->Start(); }

Status Server::Wait() { return core_->Wait(); }

Status Server::Run() {
  Status status = Start();
  if (status.ok()) return Wait();
  return status.code() == Error::kStopped ? Status() : status;
}

void Server::Stop(std::chrono::milliseconds drain) { core_->Stop(drain); }

Status Server::StopOnSignals(std::chrono::milliseconds drain) {
  return core_->StopOnSignals(drain);
}

void Server::ForEach(UniqueFunction<void(Connection&)> function) {
  static_cast<void>(ForEach(std::move(function), 0));  // 0 is never too much
}

Status Server::ForEach(UniqueFunction<void(Connection&)> function,
                       std::size_t bytes) {
  EDDY_CHECK(function, "Server::ForEach was given an empty function");
  return core_->ForEach(std::move(function), bytes);
}

Status Server::Broadcast(Payload payload) {
  const std::size_t size = payload.size();
  return ForEach([bytes = std::move(payload)](
                     Connection& connection) { connection.Send(bytes); },
                 size);
}

ServerStats Server::stats() const { return core_->stats(); }

Address Server::address() const { return core_->address(); }

std::size_t Server::connection_count() const noexcept {
  return core_->connection_count();
}

TimerId Server::RunAfter(std::chrono::nanoseconds delay, EventLoop::Task task) {
  auto* loop = core_->main_loop();
  return loop == nullptr ? TimerId() : loop->RunAfter(delay, std::move(task));
}

TimerId Server::RunEvery(std::chrono::nanoseconds period,
                         EventLoop::Task task) {
  auto* loop = core_->main_loop();
  return loop == nullptr ? TimerId() : loop->RunEvery(period, std::move(task));
}

bool Server::Cancel(TimerId id) {
  auto* main_loop = core_->main_loop();
  if (main_loop != nullptr && main_loop->id() == id.loop) {
    return main_loop->Cancel(id);
  }
  for (std::size_t i = 0; i < core_->loops().size(); ++i) {
    auto& worker = core_->loops()[i];
    if (worker.id() == id.loop) return worker.Cancel(id);
  }
  return false;
}

EventLoop& Server::loop(std::size_t index) {
  EDDY_CHECK(index < core_->loops().size(),
             "Server::loop: there is no loop with this index, or the loops "
             "could not be made (Start tells why)");
  return core_->loops()[index];
}

std::size_t Server::num_loops() const noexcept { return core_->num_loops(); }

Backend Server::backend() const noexcept {
  auto* loop = core_->main_loop();
  return loop == nullptr ? Backend::kAuto : loop->backend();
}

}  // namespace eddy
