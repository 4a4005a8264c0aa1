// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Client: the public face of ClientCore.

#include "eddy/client.h"

#include <memory>
#include <utility>

#include "base/check.h"
#include "net/client_core.h"

namespace eddy {

using internal::ClientCore;

Client::Client(Handler& handler, ClientOptions options)
    : core_(
          std::make_unique<ClientCore>(handler, nullptr, std::move(options))) {}

Client::Client(Handler& handler, Server& server, ClientOptions options)
    : core_(
          std::make_unique<ClientCore>(handler, &server, std::move(options))) {}

Client::~Client() = default;

Status Client::Start() { return core_->Start(); }

Status Client::Wait() { return core_->Wait(); }

void Client::Stop(std::chrono::milliseconds drain) { core_->Stop(drain); }

ConnectId Client::Connect(std::string_view address, ConnectOptions options,
                          ConnectCallback done) {
  return core_->Connect(address, std::move(options), std::move(done));
}

bool Client::Cancel(ConnectId id) { return core_->Cancel(id); }

std::size_t Client::connection_count() const noexcept {
  return core_->connection_count();
}

EventLoop& Client::loop(std::size_t index) {
  auto* loop = core_->loop(index);
  EDDY_CHECK(loop != nullptr,
             "Client::loop: there is no loop with this index, or the loops "
             "could not be made (Start tells why)");
  return *loop;
}

std::size_t Client::num_loops() const noexcept { return core_->num_loops(); }

Backend Client::backend() const noexcept {
  auto* loop = core_->loop(0);
  return loop == nullptr ? Backend::kAuto : loop->backend();
}

}  // namespace eddy
