// Copyright (c) 2026 The eddy authors. MIT licence, see LICENSE.
// Handshake: turns a new connection into a WebSocket.

#ifndef EDDY_BENCH_LOAD_HANDSHAKE_H_
#define EDDY_BENCH_LOAD_HANDSHAKE_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace eddy::load {

// Offers neither extensions nor subprotocols, and takes none. Not a byte after
// the answer is received, so that nobody has to be given the rest.
class Handshake {
 public:
  // Throws: std::runtime_error when there are no random bytes for the key.
  Handshake(const std::string& host, const std::string& path);

  enum class Progress { kMustSend, kMustReceive, kDone, kFailed };

  // Does on the non-blocking `socket` what can be done now.
  //
  // Returns: what it waits for, or how it ended; why() tells more of a failure.
  Progress Advance(int socket);

  const std::string& why() const { return why_; }

 private:
  Progress Receive(int socket);
  Progress Judge();
  Progress Fail(std::string why);
  std::string ValueOf(std::string_view name) const;

  std::string key_;
  std::string request_;
  std::size_t num_sent_ = 0;
  std::string answer_;
  std::string why_;
};

}  // namespace eddy::load

#endif  // EDDY_BENCH_LOAD_HANDSHAKE_H_
